"""What staff do is appended to a hash-chained log (`shared.audit`), one writer after the other.

The entry stands in the same transaction as what it tells, so neither is ever there without the
other. Two writers that read the same head compute the same number; the primary key lets one through
and the other starts again from the new head, so the chain never forks and never has a gap.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from services.container import House
from services.rows import integer
from shared.audit.chain import next_entry
from shared.audit.model import AuditEntry
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken
from shared.platform.ports import Record, SqlConstraintError, Statement

_ATTEMPTS: Final = 16

_READ_HEAD: Final = "SELECT * FROM audit_log ORDER BY seq DESC LIMIT 1"
_APPEND: Final = "INSERT INTO audit_log SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE changes() > 0"
"""Appends nothing when the statement before it in the batch changed nothing."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody does, and how the log tells it. `data` must not hold personal data in clear:
    the log is kept for years. The last statement decides whether the action took place.
    """

    action: str
    subject: str
    data: Mapping[str, object]
    statements: Sequence[Statement]


async def carry_out(
    house: House, actor: Principal, now_ms: int, plan: Callable[[], Awaitable[Action]]
) -> tuple[Action, bool]:
    """Do what is planned and log it; the action, and whether it took place. `plan` is asked again
    after somebody else wrote first, because what it read may have changed.

    Raises:
        InvariantBroken: when there was no place for it in sixteen attempts.
    """
    for _ in range(_ATTEMPTS):
        action = await plan()
        head = await house.db.first(_READ_HEAD)
        entry = next_entry(
            None if head is None else _entry(head),
            recorded_at=now_ms,
            actor_id=actor.subject_id,
            actor_role=actor.role or "player",
            action=action.action,
            subject=action.subject,
            data=action.data,
        )
        try:
            changed = await house.db.batch([*action.statements, Statement(_APPEND, astuple(entry))])
        except SqlConstraintError:
            continue
        return action, changed[-1] > 0
    raise InvariantBroken("audit_log_accepts", f"no place for an entry in {_ATTEMPTS} attempts")


def _entry(row: Record) -> AuditEntry:
    return AuditEntry(
        seq=integer(row["seq"]),
        recorded_at=integer(row["recorded_at"]),
        actor_id=str(row["actor_id"]),
        actor_role=str(row["actor_role"]),
        action=str(row["action"]),
        subject=str(row["subject"]),
        data=str(row["data"]),
        prev_hash=str(row["prev_hash"]),
        hash=str(row["hash"]),
    )
