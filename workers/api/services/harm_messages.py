"""Messages of player protection as the player reads them, and the income that they declare.

Only what is the player's own is told: words, numbers of their play, what a message waits for.
"""

from typing import Final, cast

from views.harm import IncomeView, MessagesQuery, MessagesView, MessageView, SeenView

from services.container import House
from services.harm_desk import look_again
from services.intervention_texts import message_of
from services.rows import AFTER_EVERY_ID, page_of
from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Record, SqlValue, Statement
from shared.protection.errors import MESSAGE_NOT_FOUND
from shared.protection.texts import Language

_NEWEST: Final = """
SELECT * FROM interventions WHERE player_id = ? AND intervention_id < ? AND action <> 'lift'
ORDER BY intervention_id DESC LIMIT CAST(? AS INTEGER)
"""
_SEEN: Final = """
UPDATE interventions SET reaction = 'seen', reacted_at = ?
WHERE intervention_id = ? AND player_id = ? AND action = 'message' AND reaction IS NULL
"""
_OWN: Final = "SELECT reaction FROM interventions WHERE intervention_id = ? AND player_id = ?"
_DECLARE: Final = """
INSERT INTO declared_incomes (player_id, monthly_minor, declared_at) VALUES (?, ?, ?)
ON CONFLICT (player_id) DO UPDATE
SET monthly_minor = excluded.monthly_minor, declared_at = excluded.declared_at
"""
_TAKE_BACK: Final = "DELETE FROM declared_incomes WHERE player_id = ?"
_WAITS: Final[dict[str, str | None]] = {
    "message": None,
    "acknowledge": "acknowledge",
    "choose": "choose",
    "pause": "choose",
}


async def own_messages(house: House, player_id: str, query: MessagesQuery) -> MessagesView:
    """The player's messages, newest first."""
    rows = await house.db.query(_NEWEST, player_id, query.cursor or AFTER_EVERY_ID, query.limit + 1)
    page, cursor = page_of(rows, query.limit, "intervention_id")
    items = [await _message(house, player_id, row, query.language) for row in page]
    return MessagesView(items=items, next_cursor=cursor)


async def _message(house: House, player_id: str, row: Record, language: Language) -> MessageView:
    name = str(row["intervention_id"])
    words = await message_of(house, player_id, name, language)
    if words is None:
        raise InvariantBroken("message_has_words", name)
    return MessageView.model_validate(
        {
            "message_id": name,
            "title": words.title,
            "body": words.body,
            "sent_at": rfc3339(cast("int", row["taken_at"])),
            "waits_for": None if row["reaction"] is not None else _WAITS[str(row["action"])],
            "reaction": row["reaction"],
            "reacted_at": _time(row["reacted_at"]),
        }
    )


async def seen(house: House, player_id: str, message_id: str, now_ms: int) -> SeenView:
    """Note that a message that waits for nothing was read; again changes nothing.

    Raises:
        Rejected: MESSAGE_NOT_FOUND.
    """
    await house.db.execute(_SEEN, now_ms, message_id, player_id)
    row = await house.db.first(_OWN, message_id, player_id)
    if row is None or row["reaction"] is None:
        raise Rejected(MESSAGE_NOT_FOUND, "There is no message of yours that can be marked so.")
    return SeenView(message_id=message_id, reaction=str(row["reaction"]))


async def declare_income(
    house: House, player_id: str, monthly_minor: int | None, now_ms: int
) -> IncomeView:
    """Store what the player says they earn, or forget it."""
    if monthly_minor is None:
        await house.db.execute(_TAKE_BACK, player_id)
        return IncomeView(monthly_minor=None, declared_at=None)
    declared = Statement(_DECLARE, (player_id, monthly_minor, now_ms))
    await house.db.batch([*look_again(player_id, now_ms), declared])
    return IncomeView(monthly_minor=monthly_minor, declared_at=rfc3339(now_ms))


def _time(at_ms: SqlValue) -> str | None:
    return rfc3339(at_ms) if isinstance(at_ms, int) else None
