"""What people do about the safety of their own account: enrol, remove, change the password.

Each change is proven by what a thief with an open session does not have (the password, a code), is
kept in the history of the account, and where it takes something away from a thief it takes it away
at once: a new password ends every session everywhere.
"""

import json

from views.security import EnrolmentView, RecoveryCodesView, SecondFactorView, StepUpView

from services import access_history, second_factors, step_up
from services.access_history import Event
from services.authentication import second_factor_is_required
from services.container import House
from services.session_endings import end_all
from services.visits import Visit
from shared.identity.errors import SECOND_FACTOR_INVALID
from shared.identity.model import Principal
from shared.identity.passwords import SALT_BYTES, check_password
from shared.identity.second_factor import STEP_UP_MS
from shared.identity.totp import enrolment_uri, secret_text
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339


async def show_second_factor(house: House, principal: Principal) -> SecondFactorView:
    """What is set up."""
    factor = await second_factors.find(house, principal.subject_id)
    confirmed_at = None if factor is None else factor.confirmed_at
    left, to_renew = 0, 0
    if confirmed_at is not None:
        left, to_renew = await second_factors.codes_left(house, principal.subject_id)
    return SecondFactorView(
        status="none" if factor is None else "pending" if confirmed_at is None else "active",
        enrolled_at=None if confirmed_at is None else rfc3339(confirmed_at),
        recovery_codes_left=left,
        recovery_codes_to_renew=to_renew,
        required=second_factor_is_required(house),
    )


async def enrol(house: House, principal: Principal, password: str, now_ms: int) -> EnrolmentView:
    """A secret to put into an authenticator app.

    Raises:
        Rejected: INVALID_CREDENTIALS, ACCOUNT_LOCKED or SECOND_FACTOR_EXISTS.
    """
    await step_up.prove_password(house, principal, password, now_ms)
    account = await step_up.account_of(house, principal)
    secret = await second_factors.enrol(house, principal.subject_id, account.kind, now_ms)
    name = await _email(house, principal)
    return EnrolmentView(secret=secret_text(secret), otpauth_uri=enrolment_uri(secret, name))


async def confirm(
    house: House, principal: Principal, otp: str, visit: Visit, now_ms: int
) -> RecoveryCodesView:
    """Take the second factor into use; the recovery codes.

    Raises:
        Rejected: SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_EXISTS or SECOND_FACTOR_INVALID.
    """
    proved_at = await step_up.owner_now_ms(house, principal, now_ms)
    codes = await second_factors.confirm(
        house, principal.subject_id, otp, now_ms=now_ms, proved_at=proved_at
    )
    if codes is None:
        raise Rejected(SECOND_FACTOR_INVALID, "This is not the app's code of this moment.")
    await house.sessions.record_second_factor(principal.session_id, proved_at)
    await tell(house, "second_factor_enrolled", principal, visit, now_ms)
    return RecoveryCodesView(recovery_codes=codes)


async def prove(
    house: House, principal: Principal, otp: str, visit: Visit, now_ms: int
) -> StepUpView:
    """Open the ten minutes of sensitive changes.

    Raises:
        Rejected: SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_INVALID or ACCOUNT_LOCKED.
    """
    proved_at = await step_up.prove_code(house, principal, otp, visit, now_ms)
    return StepUpView(valid_until=rfc3339(proved_at + STEP_UP_MS))


async def renew_recovery_codes(
    house: House, principal: Principal, otp: str, visit: Visit, now_ms: int
) -> RecoveryCodesView:
    """Ten new recovery codes in place of the old ones; raises as `prove`."""
    await step_up.prove_code(house, principal, otp, visit, now_ms)
    codes = await second_factors.renew_codes(house, principal.subject_id, now_ms)
    await tell(house, "recovery_codes_renewed", principal, visit, now_ms)
    return RecoveryCodesView(recovery_codes=codes)


async def remove(house: House, principal: Principal, otp: str, visit: Visit, now_ms: int) -> None:
    """Take the second factor out of use; raises as `prove`."""
    await step_up.prove_code(house, principal, otp, visit, now_ms)
    await second_factors.remove(house, principal.subject_id)
    await tell(house, "second_factor_removed", principal, visit, now_ms)


async def change_password(
    house: House,
    principal: Principal,
    current: str,
    following: str,
    otp: str | None,
    visit: Visit,
    now_ms: int,
) -> None:
    """Set a new password and end every session, this one too.

    The sessions end first: when a wallet did not hear, nothing has changed and the whole request
    can be repeated after logging in. Whoever logs in with the old password meanwhile is ended after
    it.

    Raises:
        Rejected: INVALID_CREDENTIALS, ACCOUNT_LOCKED, STEP_UP_REQUIRED, SECOND_FACTOR_INVALID or
            PASSWORD_TOO_WEAK.
        Unreachable: when a wallet did not hear of an ending.
    """
    check_password(following, await _email(house, principal))
    former = await step_up.prove_password(house, principal, current, now_ms)
    await step_up.require_step_up(house, principal, otp, visit, now_ms)
    kind = (await step_up.account_of(house, principal)).kind
    hashed = await house.passwords.hash(following, house.entropy.token(SALT_BYTES))
    await end_all(house, principal.subject_id, kind, "password_changed", now_ms)
    changed = await house.db.execute(
        "UPDATE credentials SET password_hash = ?, changed_at = ?"
        " WHERE subject_id = ? AND password_hash = ?",
        hashed,
        now_ms,
        principal.subject_id,
        former,
    )
    if not changed:
        raise TimeoutError("the password was changed by another request at the same time")
    await tell(house, "password_changed", principal, visit, now_ms)
    await end_all(house, principal.subject_id, kind, "password_changed", now_ms)


async def tell(house: House, event: Event, principal: Principal, visit: Visit, now_ms: int) -> None:
    """An entry in the history of the person's own account."""
    account = await step_up.account_of(house, principal)
    await access_history.record(
        house, event, account, visit, now_ms, session_id=principal.session_id
    )


async def _email(house: House, principal: Principal) -> str:
    """The person's e-mail address: the name under which an app lists the secret."""
    subject_id = principal.subject_id
    if principal.role is None:
        row = await house.db.first("SELECT pii_sealed FROM players WHERE player_id = ?", subject_id)
        assert row is not None
        pii = await house.sealing.unseal(str(row["pii_sealed"]), bound=f"player:{subject_id}:pii")
        return str(json.loads(pii)["email"])
    row = await house.db.first("SELECT email_sealed FROM staff WHERE staff_id = ?", subject_id)
    assert row is not None
    return await house.sealing.unseal(str(row["email_sealed"]), bound=f"staff:{subject_id}:email")
