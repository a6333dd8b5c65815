"""What staff do is appended to a hash-chained log (`shared.audit`), one writer after the other.

Two writers that read the same head compute the same number; the primary key lets one through and
the other starts again from the new head, so the chain never forks and never has a gap.
"""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Final

from services.container import House
from services.rows import integer
from shared.audit.chain import next_entry
from shared.audit.model import AuditEntry
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken
from shared.platform.ports import Record, SqlConstraintError

_ATTEMPTS: Final = 16

_READ_HEAD: Final = "SELECT * FROM audit_log ORDER BY seq DESC LIMIT 1"


async def record_action(
    house: House,
    actor: Principal,
    action: str,
    subject: str,
    data: Mapping[str, object],
    now_ms: int,
) -> None:
    """Append one entry. `data` must not hold personal data in clear: the log is kept for years."""
    for _ in range(_ATTEMPTS):
        head = await house.db.first(_READ_HEAD)
        entry = next_entry(
            None if head is None else _entry(head),
            recorded_at=now_ms,
            actor_id=actor.subject_id,
            actor_role=actor.role or "player",
            action=action,
            subject=subject,
            data=data,
        )
        try:
            await house.db.execute(
                "INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *astuple(entry)
            )
        except SqlConstraintError:
            continue
        return
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
