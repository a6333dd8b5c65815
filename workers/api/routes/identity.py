"""Registration, login and the profile of players."""

from http_layer.call import Answer, Call
from http_layer.problems import UNAVAILABLE
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, Route, route
from services.account_security import tell
from services.accounts import register
from services.authentication import Attempt
from services.logins import login_player, logout, refresh
from services.profiles import change_profile, read_profile
from services.step_up import require_step_up
from services.visits import visit_of

from shared.identity.errors import (
    ACCOUNT_CLOSED,
    ACCOUNT_LOCKED,
    ALREADY_REGISTERED,
    CONSENT_REQUIRED,
    CURRENCY_NOT_ALLOWED,
    INVALID_CREDENTIALS,
    LIMITS_REQUIRED,
    PASSWORD_TOO_WEAK,
    REAUTH_REQUIRED,
    REFRESH_INVALID,
    REFRESH_REUSED,
    SECOND_FACTOR_REQUIRED,
    STEP_UP_REQUIRED,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TOKEN_MISSING,
    UNDERAGE,
    WALLET_PENDING,
)
from shared.identity.model import Principal
from shared.identity.schemas import (
    LoginBody,
    LogoutBody,
    ProfilePatchBody,
    ProfileView,
    RefreshBody,
    RegisteredView,
    RegistrationBody,
    TokensView,
)
from shared.kernel.errors import Rejected


@route(
    "POST",
    "/v1/players",
    tag="Players",
    summary="Register a player and open the wallet",
    body=RegistrationBody,
    response=RegisteredView,
    status=201,
    rate=RateClass.AUTH,
    problems=(
        UNDERAGE,
        CONSENT_REQUIRED,
        LIMITS_REQUIRED,
        CURRENCY_NOT_ALLOWED,
        PASSWORD_TOO_WEAK,
        ALREADY_REGISTERED,
        WALLET_PENDING,
    ),
)
async def register_player(call: Call[RegistrationBody]) -> RegisteredView:
    done = await register(
        call.house,
        call.body.to_application(),
        call.body.password,
        client_ip=call.client_ip,
        now_ms=call.now_ms,
    )
    return RegisteredView(player_id=done.player_id, status=done.status)


@route(
    "POST",
    "/v1/auth/login",
    tag="Players",
    summary="Open a session",
    body=LoginBody,
    response=TokensView,
    rate=RateClass.AUTH,
    problems=(
        INVALID_CREDENTIALS,
        SECOND_FACTOR_REQUIRED,
        ACCOUNT_LOCKED,
        ACCOUNT_CLOSED,
        WALLET_PENDING,
        UNAVAILABLE,
    ),
)
async def log_in(call: Call[LoginBody]) -> TokensView:
    tried = Attempt(call.body.email, call.body.password, call.body.otp)
    return await login_player(call.house, tried, visit_of(call), call.now_ms)


@route(
    "POST",
    "/v1/auth/refresh",
    tag="Players",
    summary="Spend a refresh token for new tokens, of players and of staff",
    body=RefreshBody,
    response=TokensView,
    problems=(
        REFRESH_INVALID,
        REFRESH_REUSED,
        REAUTH_REQUIRED,
        SECOND_FACTOR_REQUIRED,
        UNAVAILABLE,
    ),
)
async def refresh_session(call: Call[RefreshBody]) -> TokensView:
    return await refresh(call.house, call.body.refresh_token, visit_of(call), call.now_ms)


@route(
    "POST",
    "/v1/auth/logout",
    tag="Players",
    summary="End the session of the refresh token, or of the bearer token",
    body=LogoutBody,
    status=204,
    problems=(TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, REFRESH_INVALID, UNAVAILABLE),
)
async def log_out(call: Call[LogoutBody]) -> Answer:
    bearer = None
    if call.body.refresh_token is None:
        bearer = _bearer(call)
    await logout(call.house, bearer, call.body.refresh_token, call.now_ms)
    return Answer(204, "")


@route(
    "GET",
    "/v1/me",
    tag="Players",
    summary="The player's profile and what they may do now",
    auth=PLAYER,
    response=ProfileView,
    live_session=True,
)
async def show_profile(call: Call[None]) -> ProfileView:
    house, player = call.house, call.principal
    address = house.addresses.of(call.client_ip)
    return await read_profile(house, player.subject_id, player.session_id, address)


@route(
    "PATCH",
    "/v1/me",
    tag="Players",
    summary="Change phone or address",
    auth=PLAYER,
    body=ProfilePatchBody,
    response=ProfileView,
    live_session=True,
    problems=(STEP_UP_REQUIRED,),
)
async def patch_profile(call: Call[ProfilePatchBody]) -> ProfileView:
    house, principal, visit = call.house, call.principal, visit_of(call)
    await require_step_up(house, principal, None, visit, call.now_ms)
    changed = await change_profile(house, principal.subject_id, call.body, call.now_ms)
    await tell(house, "contact_changed", principal, visit, call.now_ms)
    return changed


def _bearer(call: Call[LogoutBody]) -> Principal | None:
    """The caller of a logout, who may be a player or staff."""
    token = (call.headers.get("authorization") or "").partition(" ")[2]
    if not token:
        return None
    try:
        return call.house.tokens.verify(token, "player", call.now_ms)
    except Rejected as refused:
        if refused.rejection.problem is not TOKEN_INVALID:
            raise
        return call.house.tokens.verify(token, "staff", call.now_ms)


ROUTES: tuple[Route, ...] = (
    register_player,
    log_in,
    refresh_session,
    log_out,
    show_profile,
    patch_profile,
)
