"""What time it is for a player: their wallet's, which the sandbox can move forward.

Rules that count days since something (a second factor, a place) go by it, so that moving the
sandbox's clock moves them. In any other profile it is the house's own time and nothing is asked.
"""

import json

from services.container import House
from services.rows import integer
from services.unknown_wallet import says_never_opened
from shared.platform.ports import Unreachable
from shared.wallet.answer import decode_answer


async def player_now_ms(house: House, player_id: str, now_ms: int) -> int:
    """UTC milliseconds by the wallet's clock; `now_ms` where no clock can be moved, or no wallet
    has been opened.

    Raises:
        Unreachable: when the wallet gave no answer, or one that tells no time.
    """
    if house.settings.profile != "sandbox":
        return now_ms
    answer = decode_answer(await house.wallets.query(player_id, "gate", "", "{}"))
    body = json.loads(answer.body)
    if says_never_opened(answer):
        return now_ms
    if answer.status >= 400:
        raise Unreachable(f"the wallet did not tell the time: {body['code']}")
    return integer(body["now_ms"])
