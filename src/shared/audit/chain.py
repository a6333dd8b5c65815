"""The hash chain of the operators' log: append one entry, verify a run of them.

An entry is the SHA-256 of the canonical JSON array of its fields and its predecessor's hash, in the
order of `AuditEntry`. Both functions are pure; two writers who append to the same predecessor make
the same seq, and the primary key lets one of them through, the other reads the head again.
"""

from collections.abc import Iterable, Mapping

from shared.audit.model import GENESIS_HASH, AuditEntry
from shared.kernel.canonical import canonical_json, sha256_hex


def next_entry(
    previous: AuditEntry | None,
    *,
    recorded_at: int,
    actor_id: str,
    actor_role: str,
    action: str,
    subject: str,
    data: Mapping[str, object],
) -> AuditEntry:
    """The entry that follows `previous`, or the first one.

    Raises:
        TypeError: when `data` holds a float or something that JSON does not have.
    """
    seq = 1 if previous is None else previous.seq + 1
    prev_hash = GENESIS_HASH if previous is None else previous.hash
    text = canonical_json(dict(data))
    digest = _hash(seq, recorded_at, actor_id, actor_role, action, subject, text, prev_hash)
    return AuditEntry(
        seq, recorded_at, actor_id, actor_role, action, subject, text, prev_hash, digest
    )


def verify(entries: Iterable[AuditEntry], *, after: AuditEntry | None = None) -> int | None:
    """The first seq at which the chain is broken, or None when all of it holds.

    `entries` are in the order of seq and continue `after` (from the first entry when None), so a
    long log is verified page by page. A gap is reported at the seq that is missing.
    """
    previous = after
    for entry in entries:
        expected_seq = 1 if previous is None else previous.seq + 1
        expected_prev = GENESIS_HASH if previous is None else previous.hash
        if entry.seq != expected_seq or entry.prev_hash != expected_prev:
            return expected_seq
        if entry.hash != _hash_of(entry):
            return entry.seq
        previous = entry
    return None


def _hash_of(entry: AuditEntry) -> str:
    return _hash(
        entry.seq,
        entry.recorded_at,
        entry.actor_id,
        entry.actor_role,
        entry.action,
        entry.subject,
        entry.data,
        entry.prev_hash,
    )


def _hash(*fields: int | str) -> str:
    return sha256_hex(canonical_json(fields))
