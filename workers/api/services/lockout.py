"""Failures of passwords and codes, counted where parallel guesses cannot get between.

Each failure is counted in one atomic statement before it is answered, under the blind index of the
e-mail address, known or not. Three in half an hour lock the account for half an hour, whichever
door the guesses came to: a code guessed with a stolen token counts like a password at the login.
A code has a million values and leaves a proof behind, so it is counted as wrong before anybody
looks at it and forgiven when it was right: however many arrive at once, three are looked at. A
password is counted after it was hashed, so that right ones lock nobody, however many there are.
"""

from typing import Final, cast

from services.container import House
from shared.identity.decide import LOCK_MS, MAX_FAILURES
from shared.identity.errors import ACCOUNT_LOCKED
from shared.identity.model import Audience
from shared.kernel.errors import Rejected
from shared.platform.ports import Record

_COUNT_FAILURE: Final = """
INSERT INTO login_failures (email_index, subject_kind, failures, window_started_at, locked_until)
VALUES (?1, ?2, 1, ?3, 0)
ON CONFLICT (email_index, subject_kind) DO UPDATE SET
  failures = CASE WHEN window_started_at <= ?3 - ?4 THEN 1 ELSE min(failures + 1, ?5 + 1) END,
  window_started_at = CASE
    WHEN window_started_at <= ?3 - ?4 OR failures + 1 = ?5 THEN ?3 ELSE window_started_at END,
  locked_until = CASE
    WHEN window_started_at <= ?3 - ?4 THEN 0
    WHEN failures + 1 = ?5 THEN ?3 + ?4
    ELSE locked_until END
RETURNING failures, locked_until
"""
"""The third failure of a window starts the lock; the fourth finds it, wherever it was meanwhile."""

_FORGIVE: Final = """
DELETE FROM login_failures WHERE email_index = ? AND subject_kind = ? AND locked_until <= ?
"""
_FORGIVE_ALL: Final = "DELETE FROM login_failures WHERE email_index = ? AND subject_kind = ?"
_LOCK: Final = """
SELECT locked_until FROM login_failures
WHERE email_index = ? AND subject_kind = ? AND locked_until > ?
"""
_LOCK_AS_DEAR: Final = """
UPDATE login_failures SET failures = failures
WHERE email_index = ? AND subject_kind = ? AND locked_until > ?
RETURNING locked_until
"""
"""Changes nothing, at the price of counting a failure."""


async def refuse_locked(house: House, email_index: str, kind: Audience, now_ms: int) -> None:
    """Raises `Rejected(ACCOUNT_LOCKED)` while the lock is on."""
    lock = await house.db.first(_LOCK, email_index, kind, now_ms)
    if lock is not None:
        raise _locked(lock, now_ms)


async def refuse_locked_meanwhile(
    house: House, email_index: str, kind: Audience, now_ms: int
) -> None:
    """As `refuse_locked`, for a password that is right: others may have failed while it was hashed.
    It costs what counting a wrong one costs, so that time does not tell which of them was right.

    Raises:
        Rejected: ACCOUNT_LOCKED.
    """
    lock = await house.db.first(_LOCK_AS_DEAR, email_index, kind, now_ms)
    if lock is not None:
        raise _locked(lock, now_ms)


async def count_failure(house: House, email_index: str, kind: Audience, now_ms: int) -> None:
    """Count a wrong password before it is answered, or any code before it is looked at.

    Raises:
        Rejected: ACCOUNT_LOCKED from the fourth on: such a code must not be looked at.
    """
    failed = await house.db.first(_COUNT_FAILURE, email_index, kind, now_ms, LOCK_MS, MAX_FAILURES)
    assert failed is not None
    if cast("int", failed["failures"]) > MAX_FAILURES:
        raise _locked(failed, now_ms)


async def forgive_by_password(house: House, email_index: str, kind: Audience, now_ms: int) -> None:
    """Forget the failures after a right password that needs no code; a lock that others have begun
    meanwhile stays.
    """
    await house.db.execute(_FORGIVE, email_index, kind, now_ms)


async def forgive_by_code(house: House, email_index: str, kind: Audience) -> None:
    """Forget the failures after a right code, and the lock: its own count may have begun it."""
    await house.db.execute(_FORGIVE_ALL, email_index, kind)


def _locked(row: Record, now_ms: int) -> Rejected:
    wait_ms = cast("int", row["locked_until"]) - now_ms
    return Rejected(
        ACCOUNT_LOCKED,
        "Too many failed logins. Wait, then try again.",
        retry_after=-(-wait_ms // 1000),
    )
