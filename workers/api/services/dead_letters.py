"""The desk's side of dead letters: shown, and asked to be replayed; the cron Worker replays them.

Asking is remembered in the transaction that marks the letter (`desk_requests`), so the same request
sent again changes nothing and is answered alike.
"""

from typing import Final

from services.audit import Action
from services.container import House
from services.desk_requests import DeskRequest, once
from services.rows import AFTER_EVERY_ID
from shared.audit.errors import DEAD_LETTER_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.platform.ports import Record, Statement

_PAGE: Final = """
SELECT * FROM dead_letters WHERE dead_letter_id < ?1 AND (?2 IS NULL OR status = ?2)
ORDER BY dead_letter_id DESC LIMIT CAST(?3 AS INTEGER)
"""

_ASK: Final = """
UPDATE dead_letters SET status = 'replay_asked', outcome = NULL, updated_at = ?
WHERE dead_letter_id = ?
"""


async def letters_before(
    house: House, letter_id: str | None, status: str | None, limit: int
) -> list[Record]:
    """`limit` letters older than `letter_id`, newest first."""
    return await house.db.query(_PAGE, letter_id or AFTER_EVERY_ID, status, limit)


async def ask_replay(house: House, actor: Principal, letter_id: str, key: str, now_ms: int) -> bool:
    """Have a letter replayed; True when this request was made before.

    Raises:
        Rejected: DEAD_LETTER_NOT_FOUND; IDEMPOTENCY_KEY_CONFLICT.
    """

    async def plan() -> Action:
        letter = await house.db.first(
            "SELECT player_id, seq, status FROM dead_letters WHERE dead_letter_id = ?", letter_id
        )
        if letter is None:
            raise Rejected(DEAD_LETTER_NOT_FOUND, "There is no such dead letter.")
        told = {"player_id": letter["player_id"], "seq": letter["seq"], "was": letter["status"]}
        asked = Statement(_ASK, (now_ms, letter_id))
        return Action("dead_letter.replay", letter_id, told, (asked,))

    request = DeskRequest(actor, key, f"dead_letter.replay {letter_id}")
    _, before = await once(house, request, now_ms, plan)
    return before
