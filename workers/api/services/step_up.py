"""A code given in this session, for what must not be done with a session that was left open.

Changing the password, how a player is reached or the second factor itself wants a proof that is at
most ten minutes old by the player's clock. Who has no second factor is asked for none: outside the
sandbox nobody without one gets this far. Wrong codes count towards the same lock as wrong
passwords, before they are looked at, and who has a factor is forgiven them for a right code only: a
known password buys no guesses of the code.
"""

from services import access_history, second_factors
from services.access_history import Account
from services.container import House
from services.lockout import (
    count_failure,
    forgive_by_code,
    forgive_by_password,
    refuse_locked,
    refuse_locked_meanwhile,
)
from services.player_clock import player_now_ms
from services.second_factors import Factor
from services.visits import Visit
from shared.identity.errors import (
    INVALID_CREDENTIALS,
    SECOND_FACTOR_INVALID,
    SECOND_FACTOR_NOT_FOUND,
    STEP_UP_REQUIRED,
)
from shared.identity.model import Audience, Principal
from shared.identity.second_factor import step_up_is_fresh
from shared.kernel.errors import Rejected

_EMAIL_INDEX = {
    "player": "SELECT email_index FROM players WHERE player_id = ?",
    "staff": "SELECT email_index FROM staff WHERE staff_id = ?",
}


async def account_of(house: House, principal: Principal) -> Account:
    """The account behind a live session."""
    kind: Audience = "staff" if principal.role else "player"
    row = await house.db.first(_EMAIL_INDEX[kind], principal.subject_id)
    if row is None:
        raise LookupError("a live session names an account that D1 does not have")
    return Account(principal.subject_id, kind, str(row["email_index"]))


async def owner_now_ms(house: House, principal: Principal, now_ms: int) -> int:
    """The clock by which proofs of this person are dated: a player's own, the house's for staff."""
    if principal.role is not None:
        return now_ms
    return await player_now_ms(house, principal.subject_id, now_ms)


async def prove_code(
    house: House, principal: Principal, otp: str, visit: Visit, now_ms: int
) -> int:
    """Accept a code in this session; when it was given, by its owner's clock.

    Raises:
        Rejected: SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_INVALID or ACCOUNT_LOCKED.
    """
    factor = await second_factors.find_confirmed(house, principal.subject_id)
    if factor is None:
        raise Rejected(SECOND_FACTOR_NOT_FOUND, "Set one up first.")
    return await _accept(house, principal, factor, otp, visit, now_ms)


async def require_step_up(
    house: House, principal: Principal, otp: str | None, visit: Visit, now_ms: int
) -> None:
    """Let a sensitive change through, by `otp` or by a code that was given a short time ago.

    Raises:
        Rejected: STEP_UP_REQUIRED, SECOND_FACTOR_INVALID or ACCOUNT_LOCKED.
    """
    factor = await second_factors.find_confirmed(house, principal.subject_id)
    if factor is None:
        return
    if otp is not None:
        await _accept(house, principal, factor, otp, visit, now_ms)
        return
    proved_at = await house.sessions.second_factor_at(principal.session_id)
    if not step_up_is_fresh(proved_at, await owner_now_ms(house, principal, now_ms)):
        raise Rejected(STEP_UP_REQUIRED, "Prove your second factor, then ask again.")


async def prove_password(house: House, principal: Principal, password: str, now_ms: int) -> str:
    """The stored hash of the person's password, which `password` is.

    Raises:
        Rejected: INVALID_CREDENTIALS or ACCOUNT_LOCKED.
    """
    account = await account_of(house, principal)
    await refuse_locked(house, account.email_index, account.kind, now_ms)
    row = await house.db.first(
        "SELECT password_hash FROM credentials WHERE subject_id = ?", principal.subject_id
    )
    stored = None if row is None else str(row["password_hash"])
    verified = await house.passwords.verify(password, stored)
    if stored is None or not verified.matches:
        await count_failure(house, account.email_index, account.kind, now_ms)
        raise Rejected(INVALID_CREDENTIALS, "The password is wrong.")
    await refuse_locked_meanwhile(house, account.email_index, account.kind, now_ms)
    if await second_factors.find_confirmed(house, principal.subject_id) is None:
        await forgive_by_password(house, account.email_index, account.kind, now_ms)
    return stored


async def _accept(
    house: House, principal: Principal, factor: Factor, otp: str, visit: Visit, now_ms: int
) -> int:
    account = await account_of(house, principal)
    proved_at = await owner_now_ms(house, principal, now_ms)
    await count_failure(house, account.email_index, account.kind, now_ms)
    if not await second_factors.accept(house, factor, otp, now_ms=now_ms, proved_at=proved_at):
        await access_history.record(
            house,
            "second_factor_failed",
            account,
            visit,
            now_ms,
            session_id=principal.session_id,
        )
        raise Rejected(SECOND_FACTOR_INVALID, "This code is wrong, too old, or was used before.")
    await forgive_by_code(house, account.email_index, account.kind)
    await house.sessions.record_second_factor(principal.session_id, proved_at)
    return proved_at
