"""The second factor of staff: their own, and the recovery of a colleague's by an administrator."""

from http_layer.call import Call
from http_layer.rate import RateClass
from http_layer.routing import Route, route, staff
from services import account_security
from services.staff_accounts import list_staff, reset_second_factor
from services.visits import visit_of
from views.common import PageQuery
from views.security import (
    EnrolmentView,
    OtpBody,
    PasswordProofBody,
    RecoveryCodesView,
    ResetBody,
    ResetView,
    SecondFactorView,
    StaffListView,
)

from shared.identity.errors import (
    ACCOUNT_LOCKED,
    INVALID_CREDENTIALS,
    RECOVERY_NEEDS_ANOTHER,
    SECOND_FACTOR_EXISTS,
    SECOND_FACTOR_INVALID,
    SECOND_FACTOR_NOT_FOUND,
    STAFF_NOT_FOUND,
)
from shared.identity.model import ROLES


@route(
    "GET",
    "/v1/ops/me/second-factor",
    tag="Operators",
    summary="What second factor is set up",
    auth=staff(*ROLES),
    response=SecondFactorView,
    enrolment=True,
)
async def show_staff_factor(call: Call[None]) -> SecondFactorView:
    return await account_security.show_second_factor(call.house, call.principal)


@route(
    "POST",
    "/v1/ops/me/second-factor",
    tag="Operators",
    summary="Begin to set up an authenticator app; the secret is shown once",
    auth=staff(*ROLES),
    body=PasswordProofBody,
    response=EnrolmentView,
    status=201,
    rate=RateClass.AUTH,
    enrolment=True,
    problems=(INVALID_CREDENTIALS, ACCOUNT_LOCKED, SECOND_FACTOR_EXISTS),
)
async def enrol_staff_factor(call: Call[PasswordProofBody]) -> EnrolmentView:
    return await account_security.enrol(call.house, call.principal, call.body.password, call.now_ms)


@route(
    "POST",
    "/v1/ops/me/second-factor/confirm",
    tag="Operators",
    summary="Take the app into use by its first code; recovery codes are shown once",
    auth=staff(*ROLES),
    body=OtpBody,
    response=RecoveryCodesView,
    rate=RateClass.AUTH,
    enrolment=True,
    problems=(SECOND_FACTOR_NOT_FOUND, SECOND_FACTOR_EXISTS, SECOND_FACTOR_INVALID),
)
async def confirm_staff_factor(call: Call[OtpBody]) -> RecoveryCodesView:
    return await account_security.confirm(
        call.house, call.principal, call.body.otp, visit_of(call), call.now_ms
    )


@route(
    "GET",
    "/v1/ops/staff",
    tag="Operators",
    summary="Accounts of staff",
    auth=staff("admin"),
    query=PageQuery,
    response=StaffListView,
)
async def show_staff(call: Call[None]) -> StaffListView:
    return await list_staff(call.house, call.query.limit, call.query.cursor)


@route(
    "POST",
    "/v1/ops/staff/{staff_id}/second-factor/reset",
    tag="Operators",
    summary="Take a colleague's second factor away and give a code to enrol another",
    auth=staff("admin"),
    body=ResetBody,
    response=ResetView,
    rate=RateClass.AUTH,
    problems=(STAFF_NOT_FOUND, RECOVERY_NEEDS_ANOTHER),
)
async def reset_staff_factor(call: Call[ResetBody]) -> ResetView:
    return await reset_second_factor(
        call.house, call.principal, call.path["staff_id"], call.body.reason, call.now_ms
    )


ROUTES: tuple[Route, ...] = (
    show_staff_factor,
    enrol_staff_factor,
    confirm_staff_factor,
    show_staff,
    reset_staff_factor,
)
