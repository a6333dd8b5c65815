"""Ending sessions at once and everywhere: the family in D1, the session in the wallet, its sockets.

The wallet refuses the commands of an ended session from then on and closes its sockets; D1 refuses
its refresh tokens and every route that asks it. Whoever is told that sessions have ended can rely
on both: when the wallet did not hear, the caller gets `Unreachable` and asks again, which is
harmless.
"""

import json
from typing import Final

from services.container import House
from services.sessions import Family
from shared.identity.model import Audience
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import InvariantBroken
from shared.platform.ports import Unreachable
from shared.wallet.answer import decode_answer

_ROUNDS: Final = 8
"""Each looks again for what was opened meanwhile; who logs in faster than that is refused."""


async def end(house: House, family: Family, reason: str, now_ms: int) -> None:
    """End one session. What D1 was told stays, also when the wallet did not hear of it: repeating
    is how the caller gets there.

    Raises:
        Unreachable: when the wallet gave no answer, or refused.
    """
    await house.sessions.revoke(family.session_id, reason, now_ms)
    if family.subject_kind == "player":
        await _revoke_in_wallet(house, family.subject_id, family.session_id)


async def end_all(
    house: House,
    subject_id: str,
    kind: Audience,
    reason: str,
    now_ms: int,
    *,
    keep: str | None = None,
) -> int:
    """End every session of a person but `keep`; how many there were. The wallet hears first: what
    it did not hear is still live in D1, and is found when the caller asks again.

    Raises:
        Unreachable: when the wallet gave no answer, or refused.
    """
    ended = 0
    for _ in range(_ROUNDS):
        live = await house.sessions.live_ids(subject_id, now_ms)
        if not (leaving := [session_id for session_id in live if session_id != keep]):
            return ended
        for session_id in leaving:
            if kind == "player":
                await _revoke_in_wallet(house, subject_id, session_id)
            await house.sessions.revoke(session_id, reason, now_ms)
        ended += len(leaving)
    raise InvariantBroken("sessions_end", f"new sessions were opened {_ROUNDS} times meanwhile")


async def _revoke_in_wallet(house: House, player_id: str, session_id: str) -> None:
    payload = canonical_json({"session_id": session_id})
    text = await house.wallets.execute(player_id, "session_revoke", "", "", payload)
    answer = decode_answer(text)
    if answer.status >= 400:
        code = json.loads(answer.body)["code"]
        raise Unreachable(f"the wallet did not end a session: {code}")
