"""Failures of passwords and codes, counted where parallel guesses cannot get between.

Each failure is counted in one atomic statement before it is answered, under the blind index of the
e-mail address, known or not. Three in half an hour lock the account for half an hour, whichever
door the guesses came to: a code guessed with a stolen token counts like a password at the login.
"""

from typing import Final, NoReturn, cast

from services.container import House
from shared.identity.decide import LOCK_MS, MAX_FAILURES
from shared.identity.errors import ACCOUNT_LOCKED
from shared.identity.model import Audience
from shared.kernel.errors import Problem, Rejected
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
_LOCK: Final = """
SELECT locked_until FROM login_failures
WHERE email_index = ? AND subject_kind = ? AND locked_until > ?
"""


async def refuse_locked(house: House, email_index: str, kind: Audience, now_ms: int) -> None:
    """Raises `Rejected(ACCOUNT_LOCKED)` while the lock is on."""
    lock = await house.db.first(_LOCK, email_index, kind, now_ms)
    if lock is not None:
        raise _locked(lock, now_ms)


async def refuse_failure(
    house: House, email_index: str, kind: Audience, now_ms: int, problem: Problem, detail: str
) -> NoReturn:
    """Count a failure, then refuse with `problem`, or with ACCOUNT_LOCKED from the fourth on."""
    failed = await house.db.first(_COUNT_FAILURE, email_index, kind, now_ms, LOCK_MS, MAX_FAILURES)
    assert failed is not None
    if cast("int", failed["failures"]) > MAX_FAILURES:
        raise _locked(failed, now_ms)
    raise Rejected(problem, detail)


async def forgive(house: House, email_index: str, kind: Audience, now_ms: int) -> None:
    """Forget the failures after a full success, unless others have locked the account meanwhile.
    The password of somebody who has a second factor is no full success without a code.

    Raises:
        Rejected: ACCOUNT_LOCKED.
    """
    await house.db.execute(_FORGIVE, email_index, kind, now_ms)
    await refuse_locked(house, email_index, kind, now_ms)


def _locked(row: Record, now_ms: int) -> Rejected:
    wait_ms = cast("int", row["locked_until"]) - now_ms
    return Rejected(
        ACCOUNT_LOCKED,
        "Too many failed logins. Wait, then try again.",
        retry_after=-(-wait_ms // 1000),
    )
