"""What a player may do now, by the one who decides it: the wallet, asked as the player's session.

Nothing is derived here from rows of D1 that the wallet does not know, except that the account is
open and that a bonus comes after a first bet. A wallet that gives no answer lets nothing pass.
"""

import json
from typing import Any, Final

from http_layer.registry import wallet_rejection

from services.container import House
from shared.identity.decide import eligibility
from shared.identity.model import Eligibility, PlayerStatus
from shared.kernel.errors import Rejected
from shared.kernel.values import value
from shared.platform.ports import Unreachable
from shared.wallet.answer import decode_answer

UNAVAILABLE: Final = "unavailable"
"""The reason while the wallet gives no answer: nobody knows, so nothing may be done."""


@value
class Asker:
    """A player, and the session and the opaque address from which they ask. With an empty
    `session_id` only what belongs to the player counts, and no session or place.
    """

    player_id: str
    session_id: str = ""
    address: str = ""


async def eligibility_of(
    house: House, asker: Asker, status: PlayerStatus, *, has_bet: bool
) -> Eligibility:
    """The player's permissions and every reason why not, in the order of the contract."""
    return eligibility(status=status, wallet=await _asked(house, asker), has_bet=has_bet)


async def read_gate(
    house: House, player_id: str, session_id: str = "", address: str = ""
) -> dict[str, Any]:
    """What the wallet lets the player do now, and why not, as the session at `address`.

    Raises:
        Rejected: WALLET_NOT_FOUND; SESSION_EXPIRED for a session that was ended.
    """
    asked = json.dumps({"address": address} if address else {})
    answer = decode_answer(await house.wallets.query(player_id, "gate", session_id, asked))
    if answer.status >= 400:
        raise wallet_rejection(answer.status, answer.body)
    gate: dict[str, Any] = json.loads(answer.body)
    return gate


async def _asked(house: House, asker: Asker) -> Eligibility:
    try:
        gate = await read_gate(house, asker.player_id, asker.session_id, asker.address)
    except Unreachable:
        return _closed(UNAVAILABLE)
    except Rejected as refused:
        return _closed(refused.rejection.problem.code)
    return Eligibility(
        can_bet=gate["can_bet"],
        can_deposit=gate["can_deposit"],
        can_use_bonus=gate["can_use_bonus"],
        reasons=tuple(gate["reasons"]),
    )


def _closed(reason: str) -> Eligibility:
    return Eligibility(can_bet=False, can_deposit=False, can_use_bonus=False, reasons=(reason,))
