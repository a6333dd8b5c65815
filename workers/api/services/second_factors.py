"""Second factors in D1: enrolled, confirmed by a code, proven, removed.

The secret is sealed under its owner and shown once; recovery codes are stored as keyed hashes and
spent once. That a code is accepted at most once is one conditional statement, so of two requests
that carry the same code one is refused, wherever they arrive. The caller counts a code before it is
looked at here (`lockout`): what is accepted stands, and is not refused any more.
"""

import json
from dataclasses import dataclass
from typing import Final, cast

from services.container import House
from services.rows import integer, optional_integer
from shared.identity.errors import SECOND_FACTOR_EXISTS, SECOND_FACTOR_NOT_FOUND
from shared.identity.model import Audience
from shared.identity.second_factor import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    is_recovery_code,
    normalised_code,
    recovery_code,
)
from shared.identity.totp import SECRET_BYTES, accepted_step
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.platform.ports import Statement

_ENROL: Final = """
INSERT INTO second_factors (subject_id, subject_kind, secret_sealed, last_step, created_at)
VALUES (?, ?, ?, 0, ?)
ON CONFLICT (subject_id) DO UPDATE SET
  secret_sealed = excluded.secret_sealed, last_step = 0, created_at = excluded.created_at
WHERE second_factors.confirmed_at IS NULL
"""
_CONFIRM: Final = """
UPDATE second_factors SET confirmed_at = ?, proved_at = ?, last_step = ?
WHERE subject_id = ? AND secret_sealed = ? AND confirmed_at IS NULL
"""
_ACCEPT: Final = """
UPDATE second_factors SET proved_at = ?, last_step = ?
WHERE subject_id = ? AND secret_sealed = ? AND confirmed_at IS NOT NULL AND last_step < ?
"""
_SPEND_CODE: Final = """
UPDATE recovery_codes SET used_at = ?1
WHERE code_index IN (SELECT value FROM json_each(?2))
  AND subject_id = ?3 AND purpose = ?4 AND used_at IS NULL
  AND (expires_at IS NULL OR expires_at > ?1)
"""
_STORE_CODES: Final = """
INSERT INTO recovery_codes (code_index, subject_id, purpose, created_at)
SELECT value, ?, 'own', ? FROM json_each(?) WHERE (SELECT changes()) > 0
"""
_FORGET_CODES: Final = "DELETE FROM recovery_codes WHERE subject_id = ? AND purpose = 'own'"
_KNOWN: Final = "UPDATE second_factors SET subject_kind = subject_kind WHERE subject_id = ?"
"""Changes nothing and counts one: what follows it in a batch happens only with a factor."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A row of `second_factors`; `proved_at` is by the clock of its owner (`player_clock`)."""

    subject_id: str
    kind: Audience
    secret_sealed: str
    last_step: int
    confirmed_at: int | None
    proved_at: int | None


async def find(house: House, subject_id: str) -> Factor | None:
    """The factor of a person, confirmed or not."""
    row = await house.db.first("SELECT * FROM second_factors WHERE subject_id = ?", subject_id)
    if row is None:
        return None
    return Factor(
        subject_id=subject_id,
        kind=cast("Audience", row["subject_kind"]),
        secret_sealed=str(row["secret_sealed"]),
        last_step=integer(row["last_step"]),
        confirmed_at=optional_integer(row["confirmed_at"]),
        proved_at=optional_integer(row["proved_at"]),
    )


async def find_confirmed(house: House, subject_id: str) -> Factor | None:
    """The factor that this person must prove; None for one that was never confirmed."""
    factor = await find(house, subject_id)
    return factor if factor is not None and factor.confirmed_at is not None else None


async def enrol(house: House, subject_id: str, kind: Audience, now_ms: int) -> bytes:
    """A new secret, in place of one that was never confirmed.

    Raises:
        Rejected: SECOND_FACTOR_EXISTS; it must be removed first, which takes a code of it.
    """
    secret = house.entropy.token(SECRET_BYTES)
    sealed = await house.sealing.seal(secret.hex(), bound=bound(subject_id, kind))
    if not await house.db.execute(_ENROL, subject_id, kind, sealed, now_ms):
        raise Rejected(SECOND_FACTOR_EXISTS, "Remove the one in use first.")
    return secret


async def confirm(
    house: House, subject_id: str, code: str, *, now_ms: int, proved_at: int
) -> list[str] | None:
    """Take the factor into use by its first code; the recovery codes, or None for a wrong code.

    Raises:
        Rejected: SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_EXISTS when it was in use before.
    """
    factor = await find(house, subject_id)
    if factor is None:
        raise Rejected(SECOND_FACTOR_NOT_FOUND, "Begin the enrolment first.")
    if factor.confirmed_at is not None:
        raise Rejected(SECOND_FACTOR_EXISTS, "It is in use already.")
    step = await _step(house, factor, normalised_code(code), now_ms)
    if step is None:
        return None
    codes = _fresh_codes(house)
    confirmed, *_ = await house.db.batch(
        [
            Statement(_CONFIRM, (now_ms, proved_at, step, subject_id, factor.secret_sealed)),
            _storing(house, subject_id, codes, now_ms),
        ]
    )
    if not confirmed:
        raise Rejected(SECOND_FACTOR_EXISTS, "It was changed meanwhile. Begin again.")
    return codes


async def accept(house: House, factor: Factor, code: str, *, now_ms: int, proved_at: int) -> bool:
    """Whether `code` proves the factor now: a one-time password, or a recovery code. It is
    spent.
    """
    text = normalised_code(code)
    if is_recovery_code(text):
        if not await spend_code(house, factor.subject_id, text, "own", now_ms):
            return False
        await house.db.execute(
            "UPDATE second_factors SET proved_at = ? WHERE subject_id = ?",
            proved_at,
            factor.subject_id,
        )
        return True
    step = await _step(house, factor, text, now_ms)
    if step is None:
        return False
    changed = await house.db.execute(
        _ACCEPT, proved_at, step, factor.subject_id, factor.secret_sealed, step
    )
    return changed > 0


async def spend_code(
    house: House, subject_id: str, normalised: str, purpose: str, now_ms: int
) -> bool:
    """Whether this was a recovery code of theirs that nobody had spent."""
    indexes = house.blind_index.all_of("recovery", f"{subject_id}:{normalised}")
    known = json.dumps(indexes)
    return await house.db.execute(_SPEND_CODE, now_ms, known, subject_id, purpose) > 0


async def renew_codes(house: House, subject_id: str, now_ms: int) -> list[str]:
    """Ten new recovery codes; those before are good no more."""
    codes = _fresh_codes(house)
    await house.db.batch(
        [
            Statement(_FORGET_CODES, (subject_id,)),
            Statement(_KNOWN, (subject_id,)),
            _storing(house, subject_id, codes, now_ms),
        ]
    )
    return codes


async def remove(house: House, subject_id: str) -> None:
    """Forget the factor and its recovery codes."""
    await house.db.batch(forgetting(subject_id))


def forgetting(subject_id: str) -> list[Statement]:
    """What removes a factor and its recovery codes."""
    return [
        Statement(_FORGET_CODES, (subject_id,)),
        Statement("DELETE FROM second_factors WHERE subject_id = ?", (subject_id,)),
    ]


async def codes_left(house: House, subject_id: str) -> tuple[int, int]:
    """How many recovery codes still open, and how many of those hang on an index key that is to go:
    they are hashes, so that only new ones can stand under the new key (docs/privacy.md).
    """
    rows = await house.db.query(
        "SELECT code_index FROM recovery_codes"
        " WHERE subject_id = ? AND purpose = 'own' AND used_at IS NULL",
        subject_id,
    )
    keys = [house.blind_index.key_of(str(row["code_index"])) for row in rows]
    to_renew = keys.count("old")
    return keys.count("active") + to_renew, to_renew


def reset_code(
    house: House, subject_id: str, now_ms: int, expires_at: int
) -> tuple[str, Statement]:
    """A code that lets staff without a factor in once, to enrol one, and what stores it."""
    code = recovery_code(house.entropy.token(RECOVERY_BYTES))
    statement = Statement(
        "INSERT INTO recovery_codes (code_index, subject_id, purpose, created_at, expires_at)"
        " VALUES (?, ?, 'reset', ?, ?)",
        (_index(house, subject_id, normalised_code(code)), subject_id, now_ms, expires_at),
    )
    return code, statement


async def _step(house: House, factor: Factor, code: str, now_ms: int) -> int | None:
    secret = await house.sealing.unseal(
        factor.secret_sealed, bound=bound(factor.subject_id, factor.kind)
    )
    return accepted_step(bytes.fromhex(secret), code, now_ms, factor.last_step)


def _fresh_codes(house: House) -> list[str]:
    return [recovery_code(house.entropy.token(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def _storing(house: House, subject_id: str, codes: list[str], now_ms: int) -> Statement:
    indexes = [_index(house, subject_id, normalised_code(code)) for code in codes]
    return Statement(_STORE_CODES, (subject_id, now_ms, canonical_json(indexes)))


def _index(house: House, subject_id: str, normalised: str) -> str:
    return house.blind_index.of("recovery", f"{subject_id}:{normalised}")


def bound(subject_id: str, kind: Audience) -> str:
    """What a sealed secret is bound to: it opens for its owner only."""
    return f"{kind}:{subject_id}:second_factor"
