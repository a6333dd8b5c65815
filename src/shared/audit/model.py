"""One line of the operators' log: who did what to whom, when, chained to the line before it.

The log is append-only and gapless from seq 1. Each entry's hash covers all its other fields and the
hash of its predecessor, so a changed, removed, inserted or reordered line breaks the chain at that
line. What a chain cannot show, a cut at the end, the daily anchor of its head shows.
"""

from dataclasses import dataclass
from typing import Final

GENESIS_HASH: Final = "0" * 64
"""`prev_hash` of the first entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of `audit_log`. `data` is canonical JSON text; `recorded_at` is UTC milliseconds."""

    seq: int
    recorded_at: int
    actor_id: str
    actor_role: str
    action: str
    subject: str
    data: str
    prev_hash: str
    hash: str
