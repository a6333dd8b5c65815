"""Logging in and out, for players and staff: the same steps whether or not an account exists.

Failures are counted, each in one atomic statement before it is answered, and a success is let in
only while there is no lock: of fifty guesses at once three are told that they are wrong, and the
right one among them is let in no later than those three, so guessing in parallel tells no more than
guessing in turn; and however many times somebody logs in with the right password at once, nothing
is locked. The count hangs on the blind index of the e-mail address, known or not, and an unknown
address pays for a password hash and for a person's key too: neither code nor time tells that it is
unknown. Every attempt leaves an entry in the history of the account; every login and refresh has
its place checked.
"""

from typing import Final, cast

from services import access_history, places, second_factors
from services.access_history import Account
from services.accounts import open_wallet
from services.authentication import (
    Attempt,
    Proven,
    code_is_due,
    email_index_of,
    find_account,
    prove,
    second_factor_is_required,
)
from services.container import House
from services.gate import begin_session, renew_rules
from services.kyc_fact import try_to_tell_wallet
from services.player_clock import player_now_ms
from services.register_moments import check_at_login
from services.session_endings import end
from services.sessions import IDLE, Family, Opening, OverSession, Session
from services.tokens import LIFETIME_S
from services.visits import Visit
from shared.compliance.model import profile_now
from shared.compliance.places import Place
from shared.identity.errors import (
    ACCOUNT_CLOSED,
    ACCOUNT_LOCKED,
    INVALID_CREDENTIALS,
    OTP_REQUIRED,
    REAUTH_REQUIRED,
    REFRESH_INVALID,
    SECOND_FACTOR_REQUIRED,
    TOKEN_MISSING,
)
from shared.identity.model import Audience, Principal, Role
from shared.identity.schemas import StaffTokensView, TokensView
from shared.kernel.errors import Problem, Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import MINUTE_MS
from shared.wallet.errors import SESSION_EXPIRED

_STANDING: Final[dict[Audience, str]] = {
    "player": "SELECT status <> 'closed' AS may_stay, NULL AS role FROM players"
    " WHERE player_id = ?",
    "staff": "SELECT status = 'active' AS may_stay, role FROM staff WHERE staff_id = ?",
}
_TOLD: Final[dict[Problem, access_history.Event]] = {
    INVALID_CREDENTIALS: "login_failed",
    ACCOUNT_LOCKED: "login_locked",
    SECOND_FACTOR_REQUIRED: "code_asked",
    OTP_REQUIRED: "code_asked",
}


async def login_player(house: House, tried: Attempt, visit: Visit, now_ms: int) -> TokensView:
    """Open a session of a player, completing a registration that was left half made.

    Raises:
        Rejected: ACCOUNT_LOCKED, INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED, ACCOUNT_CLOSED or
            WALLET_PENDING.
        Unreachable: when the wallet did not hear of the session.
    """
    proven = await _prove(house, "player", tried, visit, now_ms)
    if proven.status == "closed":
        raise Rejected(ACCOUNT_CLOSED, "This account has been closed.")
    if not proven.wallet_is_open:
        await open_wallet(house, proven.subject_id, now_ms)
    await renew_rules(house, proven.subject_id, now_ms)
    await check_at_login(house, proven.subject_id)
    await try_to_tell_wallet(house, proven.subject_id)
    place = await places.locate(house, visit)
    session = await _open(house, "player", proven, tried, visit, place.sighting.country, now_ms)
    if not proven.may_only_enrol:
        await _tell_place(house, session.family, "login", place, visit, now_ms)
    return _tokens(house, session, None, now_ms, may_only_enrol=proven.may_only_enrol)


async def login_staff(house: House, tried: Attempt, visit: Visit, now_ms: int) -> StaffTokensView:
    """Open a session of staff. Only the sandbox profile lets a password suffice.

    Raises:
        Rejected: OTP_REQUIRED, ACCOUNT_LOCKED, INVALID_CREDENTIALS or ACCOUNT_CLOSED.
    """
    proven = await _prove(house, "staff", tried, visit, now_ms)
    if proven.status != "active":
        raise Rejected(ACCOUNT_CLOSED, "This account is suspended.")
    country = visit.sighting().country
    session = await _open(house, "staff", proven, tried, visit, country, now_ms)
    assert proven.role is not None
    tokens = _tokens(house, session, proven.role, now_ms, may_only_enrol=proven.may_only_enrol)
    return StaffTokensView(**tokens.model_dump(), role=proven.role)


async def refresh(house: House, refresh_token: str, visit: Visit, now_ms: int) -> TokensView:
    """Spend a refresh token for the next pair of tokens, under the role that D1 gives now. It is
    spent last: when the wallet gave no answer, the same token may be sent again, and is no theft.

    Raises:
        Rejected: REFRESH_INVALID; REFRESH_REUSED, REAUTH_REQUIRED or SECOND_FACTOR_REQUIRED after
            ending the session everywhere.
        Unreachable: when the wallet did not hear of the place, or that the session had to be ended;
            asking again does it.
    """
    try:
        return await _refresh(house, refresh_token, visit, now_ms)
    except OverSession as over:
        await end(house, over.family, over.ending, now_ms)
        raise


async def _refresh(house: House, refresh_token: str, visit: Visit, now_ms: int) -> TokensView:
    rules = profile_now(house.settings.jurisdiction, now_ms).session
    idle_ms = None if rules is None else rules.idle_minutes * MINUTE_MS
    family = await house.sessions.spendable(refresh_token, now_ms, idle_ms)
    row = await house.db.first(_STANDING[family.subject_kind], family.subject_id)
    if row is None or row["may_stay"] != 1:
        await end(house, family, "not_active", now_ms)
        raise Rejected(REFRESH_INVALID, "Log in again.")
    may_only_enrol = await _second_factor(house, family, now_ms)
    if family.subject_kind == "player" and not may_only_enrol:
        place = await places.locate(house, visit)
        await _tell_place(house, family, "refresh", place, visit, now_ms)
    session = await house.sessions.rotate(refresh_token, family, now_ms)
    role = cast("Role | None", row["role"])
    return _tokens(house, session, role, now_ms, may_only_enrol=may_only_enrol)


async def check_place(house: House, principal: Principal, visit: Visit, now_ms: int) -> Place:
    """Check where a player is, at their own wish, and tell the wallet.

    Raises:
        Rejected: REAUTH_REQUIRED when the session was idle for too long by the wallet's clock.
        Unreachable: when the wallet did not hear of it.
    """
    place = await places.locate(house, visit)
    family = Family(principal.session_id, principal.subject_id, "player")
    await _tell_place(house, family, "request", place, visit, now_ms)
    return place


async def logout(
    house: House, bearer: Principal | None, refresh_token: str | None, now_ms: int
) -> None:
    """End the session of the refresh token or, without one, of the bearer.

    Raises:
        Rejected: REFRESH_INVALID for an unknown refresh token, TOKEN_MISSING without either.
        Unreachable: when the wallet gave no answer, or refused; asking again is harmless.
    """
    if refresh_token is not None:
        family = await house.sessions.family_of(refresh_token)
        if family is None:
            raise Rejected(REFRESH_INVALID, "There is no such session.")
    elif bearer is not None:
        family = Family(bearer.session_id, bearer.subject_id, "staff" if bearer.role else "player")
    else:
        raise Rejected(TOKEN_MISSING, "Send the access token, or the refresh token in the body.")
    await end(house, family, "logout", now_ms)


async def _prove(house: House, kind: Audience, tried: Attempt, visit: Visit, now_ms: int) -> Proven:
    """Who it is; an attempt that was refused is kept in the history, whoever it was."""
    try:
        return await prove(house, kind, tried, now_ms)
    except Rejected as refused:
        event = _TOLD.get(refused.rejection.problem)
        if event is not None:
            row = await find_account(house, kind, tried.email)
            subject_id = "" if row is None else str(row["subject_id"])
            account = Account(subject_id, kind, email_index_of(house, tried.email))
            await access_history.record(house, event, account, visit, now_ms)
        raise


async def _open(
    house: House,
    kind: Audience,
    proven: Proven,
    tried: Attempt,
    visit: Visit,
    country: str,
    now_ms: int,
) -> Session:
    """A session of who was proven, and its entry in the history."""
    login = Opening(
        subject_id=proven.subject_id,
        kind=kind,
        password_hash=proven.password_hash,
        visit=visit,
        country=country,
        second_factor_at=proven.second_factor_at,
    )
    session = await house.sessions.open(login, now_ms)
    account = Account(proven.subject_id, kind, email_index_of(house, tried.email))
    await access_history.record(
        house,
        "login",
        account,
        visit,
        now_ms,
        session_id=session.family.session_id,
        country=country,
    )
    return session


async def _second_factor(house: House, family: Family, now_ms: int) -> bool:
    """Whether the next tokens may only enrol. A player's session does not outlive the proof that
    the law asks for every few days: it ends, and the next login asks for the code.

    Raises:
        Rejected: SECOND_FACTOR_REQUIRED.
    """
    factor = await second_factors.find_confirmed(house, family.subject_id)
    if factor is None:
        return second_factor_is_required(house)
    if family.subject_kind == "player":
        player_now = await player_now_ms(house, family.subject_id, now_ms)
        if await code_is_due(house, factor, player_now, now_ms):
            await end(house, family, "second_factor_due", now_ms)
            raise Rejected(SECOND_FACTOR_REQUIRED, "Log in again, with a code.")
    return False


async def _tell_place(
    house: House,
    family: Family,
    occasion: places.Occasion,
    place: Place,
    visit: Visit,
    now_ms: int,
) -> None:
    """Keep the check of place and tell the wallet, which decides what may be done from there.

    Raises:
        Rejected: REAUTH_REQUIRED when the session was idle for too long by the wallet's clock.
    """
    address = house.addresses.of(visit.client_ip)
    player_id, session_id = family.subject_id, family.session_id
    await places.record_check(house, player_id, session_id, occasion, place, address, now_ms)
    try:
        await begin_session(house, player_id, session_id, place, address)
    except Rejected as refused:
        if refused.rejection.problem is not SESSION_EXPIRED:
            raise
        if await house.sessions.has_ended(session_id):
            # By a rival, as with the same refresh token: what is spent for it opens nothing.
            return
        await end(house, family, IDLE, now_ms)
        raise Rejected(REAUTH_REQUIRED, "Log in again after the time without activity.") from None


def _tokens(
    house: House, session: Session, role: Role | None, now_ms: int, *, may_only_enrol: bool
) -> TokensView:
    family = session.family
    principal = Principal(family.subject_id, family.session_id, role, may_only_enrol)
    token_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    return TokensView(
        access_token=house.tokens.issue(principal, family.subject_kind, now_ms, token_id),
        refresh_token=session.refresh_token,
        expires_in=LIFETIME_S,
        scope="enrol" if may_only_enrol else None,
    )
