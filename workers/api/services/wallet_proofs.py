"""The desk has a wallet prove itself: a slice of its full proof a call, every call logged.

The cron Worker does the same round and round; who is about to release a frozen wallet, or holds one
against the projection, does not wait for it. The answer is the wallet's own.
"""

from services.audit import Action, carry_out
from services.container import House
from shared.audit.wallet_proofs import ASKED, finding_of, kept
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.wallet.answer import decode_answer
from shared.wallet.errors import WALLET_NOT_FOUND


async def prove_further(house: House, actor: Principal, player_id: str, now_ms: int) -> str:
    """The wallet's answer, noted and logged.

    Raises:
        Rejected: PLAYER_NOT_FOUND, WALLET_NOT_FOUND.
    """
    player = await house.db.first(
        "SELECT wallet_opened_at FROM players WHERE brand_id = ? AND player_id = ?",
        house.settings.brand_id,
        player_id,
    )
    if player is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    if player["wallet_opened_at"] is None:
        raise Rejected(WALLET_NOT_FOUND, "The wallet has not been opened.")
    text = await house.wallets.query(player_id, "verify", "", ASKED)
    answer = decode_answer(text)
    found = finding_of(player_id, answer.status, answer.body)
    if found is None:
        return text
    told = {
        "law": found.law,
        "frozen_law": found.frozen_law,
        "through_seq": found.through_seq,
        "is_complete": found.is_complete,
    }
    noted = Action("wallet.proof", player_id, told, (kept([found], now_ms),))

    async def plan() -> Action:
        return noted

    await carry_out(house, actor, now_ms, plan)
    return text
