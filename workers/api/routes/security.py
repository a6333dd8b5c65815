"""The safety of a player's own account: second factor, password, devices, history, place."""

from http_layer.call import Answer, Call
from http_layer.problems import UNAVAILABLE
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, Route, route
from services import account_security, step_up
from services.access_history import read_history
from services.logins import check_place
from services.session_endings import end, end_all
from services.visits import visit_of
from views.common import PageQuery
from views.security import (
    EndedView,
    EnrolmentView,
    LocationView,
    LoginsView,
    OtpBody,
    PasswordChangeBody,
    PasswordProofBody,
    RecoveryCodesView,
    SecondFactorView,
    SessionsView,
    SessionView,
    StepUpView,
)

from shared.compliance.model import profile_now
from shared.identity.errors import (
    ACCOUNT_LOCKED,
    INVALID_CREDENTIALS,
    LOGIN_SESSION_NOT_FOUND,
    PASSWORD_TOO_WEAK,
    REAUTH_REQUIRED,
    SECOND_FACTOR_EXISTS,
    SECOND_FACTOR_INVALID,
    SECOND_FACTOR_NOT_FOUND,
    STEP_UP_REQUIRED,
)
from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS, rfc3339

_CODE_PROBLEMS = (SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_INVALID, ACCOUNT_LOCKED)


@route(
    "GET",
    "/v1/me/second-factor",
    tag="Security",
    summary="What second factor is set up",
    auth=PLAYER,
    response=SecondFactorView,
    live_session=True,
    enrolment=True,
)
async def show_second_factor(call: Call[None]) -> SecondFactorView:
    return await account_security.show_second_factor(call.house, call.principal)


@route(
    "POST",
    "/v1/me/second-factor",
    tag="Security",
    summary="Begin to set up an authenticator app; the secret is shown once",
    auth=PLAYER,
    body=PasswordProofBody,
    response=EnrolmentView,
    status=201,
    rate=RateClass.AUTH,
    live_session=True,
    enrolment=True,
    problems=(INVALID_CREDENTIALS, ACCOUNT_LOCKED, SECOND_FACTOR_EXISTS),
)
async def enrol_second_factor(call: Call[PasswordProofBody]) -> EnrolmentView:
    return await account_security.enrol(call.house, call.principal, call.body.password, call.now_ms)


@route(
    "POST",
    "/v1/me/second-factor/confirm",
    tag="Security",
    summary="Take the app into use by its first code; recovery codes are shown once",
    auth=PLAYER,
    body=OtpBody,
    response=RecoveryCodesView,
    rate=RateClass.AUTH,
    live_session=True,
    enrolment=True,
    problems=(SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_EXISTS, SECOND_FACTOR_INVALID),
)
async def confirm_second_factor(call: Call[OtpBody]) -> RecoveryCodesView:
    return await account_security.confirm(
        call.house, call.principal, call.body.otp, visit_of(call), call.now_ms
    )


@route(
    "POST",
    "/v1/me/second-factor/prove",
    tag="Security",
    summary="Give a code; sensitive changes need no other for ten minutes",
    auth=PLAYER,
    body=OtpBody,
    response=StepUpView,
    rate=RateClass.AUTH,
    live_session=True,
    problems=_CODE_PROBLEMS,
)
async def prove_second_factor(call: Call[OtpBody]) -> StepUpView:
    return await account_security.prove(
        call.house, call.principal, call.body.otp, visit_of(call), call.now_ms
    )


@route(
    "POST",
    "/v1/me/second-factor/recovery-codes",
    tag="Security",
    summary="Ten new recovery codes in place of the old ones",
    auth=PLAYER,
    body=OtpBody,
    response=RecoveryCodesView,
    rate=RateClass.AUTH,
    live_session=True,
    problems=_CODE_PROBLEMS,
)
async def renew_recovery_codes(call: Call[OtpBody]) -> RecoveryCodesView:
    return await account_security.renew_recovery_codes(
        call.house, call.principal, call.body.otp, visit_of(call), call.now_ms
    )


@route(
    "POST",
    "/v1/me/second-factor/remove",
    tag="Security",
    summary="Take the app out of use, by one of its codes or a recovery code",
    auth=PLAYER,
    body=OtpBody,
    status=204,
    rate=RateClass.AUTH,
    live_session=True,
    problems=_CODE_PROBLEMS,
)
async def remove_second_factor(call: Call[OtpBody]) -> Answer:
    await account_security.remove(
        call.house, call.principal, call.body.otp, visit_of(call), call.now_ms
    )
    return Answer(204, "")


@route(
    "POST",
    "/v1/me/password",
    tag="Security",
    summary="Change the password; every session ends, this one too",
    auth=PLAYER,
    body=PasswordChangeBody,
    status=204,
    rate=RateClass.AUTH,
    live_session=True,
    problems=(
        INVALID_CREDENTIALS,
        ACCOUNT_LOCKED,
        PASSWORD_TOO_WEAK,
        STEP_UP_REQUIRED,
        SECOND_FACTOR_INVALID,
        UNAVAILABLE,
    ),
)
async def change_password(call: Call[PasswordChangeBody]) -> Answer:
    wanted = call.body
    await account_security.change_password(
        call.house,
        call.principal,
        wanted.current_password,
        wanted.new_password,
        wanted.otp,
        visit_of(call),
        call.now_ms,
    )
    return Answer(204, "")


@route(
    "GET",
    "/v1/me/sessions",
    tag="Security",
    summary="Devices that are logged in",
    auth=PLAYER,
    response=SessionsView,
    live_session=True,
)
async def list_sessions(call: Call[None]) -> SessionsView:
    rules = profile_now(call.house.settings.jurisdiction, call.now_ms).session
    devices = await call.house.sessions.devices(
        call.principal.subject_id,
        call.now_ms,
        None if rules is None else rules.idle_minutes * MINUTE_MS,
    )
    return SessionsView(
        items=[
            SessionView(
                session_id=found.session_id,
                device=found.device,
                country=found.country or None,
                address=found.address_masked,
                first_seen_at=rfc3339(found.created_at),
                last_seen_at=rfc3339(found.last_active_at),
                current=found.session_id == call.principal.session_id,
            )
            for found in devices
        ]
    )


@route(
    "DELETE",
    "/v1/me/sessions/{session_id}",
    tag="Security",
    summary="End one session, on whatever device",
    auth=PLAYER,
    status=204,
    live_session=True,
    problems=(LOGIN_SESSION_NOT_FOUND, UNAVAILABLE),
)
async def end_session(call: Call[None]) -> Answer:
    house, principal = call.house, call.principal
    family = await house.sessions.find(call.path["session_id"], principal.subject_id)
    if family is None:
        raise Rejected(LOGIN_SESSION_NOT_FOUND, "There is no such session of yours.")
    await end(house, family, "ended_by_owner", call.now_ms)
    await account_security.tell(house, "session_ended", principal, visit_of(call), call.now_ms)
    return Answer(204, "")


@route(
    "POST",
    "/v1/me/sessions/end-others",
    tag="Security",
    summary="End every session but this one",
    auth=PLAYER,
    response=EndedView,
    live_session=True,
    problems=(UNAVAILABLE,),
)
async def end_other_sessions(call: Call[None]) -> EndedView:
    house, principal = call.house, call.principal
    ended = await end_all(
        house,
        principal.subject_id,
        "player",
        "ended_by_owner",
        call.now_ms,
        keep=principal.session_id,
    )
    await account_security.tell(house, "sessions_ended", principal, visit_of(call), call.now_ms)
    return EndedView(ended=ended)


@route(
    "GET",
    "/v1/me/logins",
    tag="Security",
    summary="Who came in or tried to, and what was changed about the account",
    auth=PLAYER,
    query=PageQuery,
    response=LoginsView,
    live_session=True,
)
async def list_logins(call: Call[None]) -> LoginsView:
    page = call.query
    return await read_history(call.house, call.principal.subject_id, page.limit, page.cursor)


@route(
    "POST",
    "/v1/me/location",
    tag="Security",
    summary="Check the place again: bets are taken from a place that was checked, for a while",
    auth=PLAYER,
    response=LocationView,
    live_session=True,
    problems=(REAUTH_REQUIRED, UNAVAILABLE),
)
async def check_location(call: Call[None]) -> LocationView:
    house, principal = call.house, call.principal
    place = await check_place(house, principal, visit_of(call), call.now_ms)
    rules = profile_now(house.settings.jurisdiction, call.now_ms).session
    checked_at = await step_up.owner_now_ms(house, principal, call.now_ms)
    minutes = None if rules is None else rules.location_minutes
    return LocationView(
        verdict=place.verdict,
        reason=place.reason,
        checked_at=rfc3339(checked_at),
        valid_until=None if minutes is None else rfc3339(checked_at + minutes * MINUTE_MS),
    )


ROUTES: tuple[Route, ...] = (
    show_second_factor,
    enrol_second_factor,
    confirm_second_factor,
    prove_second_factor,
    renew_recovery_codes,
    remove_second_factor,
    change_password,
    list_sessions,
    end_session,
    end_other_sessions,
    list_logins,
    check_location,
)
