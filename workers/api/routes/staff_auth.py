"""Login of staff, and the people of the sandbox."""

from http_layer.call import Call
from http_layer.rate import RateClass
from http_layer.routing import Route, route
from services.authentication import Attempt
from services.logins import login_staff
from services.sandbox_people import SeedView, seed_people
from services.visits import visit_of

from shared.identity.errors import (
    ACCOUNT_CLOSED,
    ACCOUNT_LOCKED,
    INVALID_CREDENTIALS,
    OTP_REQUIRED,
)
from shared.identity.schemas import LoginBody, StaffTokensView


@route(
    "POST",
    "/v1/ops/auth/login",
    tag="Operators",
    summary="Open a session of staff",
    body=LoginBody,
    response=StaffTokensView,
    rate=RateClass.AUTH,
    problems=(INVALID_CREDENTIALS, ACCOUNT_LOCKED, ACCOUNT_CLOSED, OTP_REQUIRED),
)
async def log_in_staff(call: Call[LoginBody]) -> StaffTokensView:
    tried = Attempt(call.body.email, call.body.password, call.body.otp)
    return await login_staff(call.house, tried, visit_of(call), call.now_ms)


@route(
    "POST",
    "/v1/sandbox/seed",
    tag="Sandbox",
    summary="Make one staff account for each role and a demo player; repeating it changes nothing",
    response=SeedView,
    rate=RateClass.AUTH,
    sandbox_only=True,
)
async def seed_sandbox(call: Call[None]) -> SeedView:
    return await seed_people(call.house, call.now_ms)


ROUTES: tuple[Route, ...] = (log_in_staff, seed_sandbox)
