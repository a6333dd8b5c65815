"""What staff ask for once: the same request under the same key is answered by what it did before.

The row is written in the transaction of what was asked for and of its entry in the log, so the
three are there together or not at all. Keys belong to the person who sent them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from services.audit import Action, carry_out
from services.container import House
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.platform.ports import Statement
from shared.wallet.errors import IDEMPOTENCY_KEY_CONFLICT


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """Who asks, under which key, and what for, as one text."""

    actor: Principal
    key: str
    text: str


class _Known(Exception):
    """No error: the request was made before."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


async def once(
    house: House, request: DeskRequest, now_ms: int, plan: Callable[[], Awaitable[Action]]
) -> tuple[str, bool]:
    """Carry out what is planned, unless this request has been; the subject that it was or is about,
    and True when it had been before.

    Raises:
        Rejected: IDEMPOTENCY_KEY_CONFLICT when the key stands for another request; what `plan`
            raises.
    """

    async def planned() -> Action:
        await _refuse_known(house, request)
        action = await plan()
        remembered = Statement(
            "INSERT INTO desk_requests (actor_id, idempotency_key, request, answer, made_at) "
            "VALUES (?, ?, ?, ?, ?)",
            (request.actor.subject_id, request.key, request.text, action.subject, now_ms),
        )
        return replace(action, statements=(remembered, *action.statements))

    try:
        action, _ = await carry_out(house, request.actor, now_ms, planned)
    except _Known as known:
        return known.answer, True
    return action.subject, False


async def _refuse_known(house: House, request: DeskRequest) -> None:
    row = await house.db.first(
        "SELECT request, answer FROM desk_requests WHERE actor_id = ? AND idempotency_key = ?",
        request.actor.subject_id,
        request.key,
    )
    if row is None:
        return
    if row["request"] != request.text:
        raise Rejected(IDEMPOTENCY_KEY_CONFLICT, "This key was used for another request.")
    raise _Known(str(row["answer"]))
