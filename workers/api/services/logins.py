"""Logging in and out, for players and staff: the same steps whether or not an account exists.

Only failures are counted, each in one atomic statement before it is answered, and a success is let
in only while there is no lock: of fifty guesses at once three are told that they are wrong, and the
right one among them is let in no later than those three, so guessing in parallel tells no more than
guessing in turn; and however many times somebody logs in with the right password at once, nothing
is locked. The count hangs on the blind index of the e-mail address, known or not, and an unknown
address pays for a password hash too: neither code nor time tells that it is unknown.
"""

import json
from typing import Final, cast

from services.accounts import open_wallet
from services.container import House
from services.kyc_fact import try_to_tell_wallet
from services.sessions import Family, ReusedRefresh, Session
from services.tokens import LIFETIME_S
from shared.identity.decide import LOCK_MS, MAX_FAILURES, normalise_email
from shared.identity.errors import (
    ACCOUNT_CLOSED,
    ACCOUNT_LOCKED,
    INVALID_CREDENTIALS,
    OTP_REQUIRED,
    REFRESH_INVALID,
    TOKEN_MISSING,
)
from shared.identity.model import Audience, Principal, Role
from shared.identity.passwords import SALT_BYTES
from shared.identity.schemas import StaffTokensView, TokensView
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, Unreachable
from shared.wallet.answer import decode_answer

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

_PLAYER: Final = """
SELECT p.player_id AS subject_id, p.status, p.wallet_opened_at, c.password_hash, NULL AS role
FROM players p JOIN credentials c ON c.subject_id = p.player_id
WHERE p.email_index IN (SELECT value FROM json_each(?)) AND p.brand_id = ?
"""
_STAFF: Final = """
SELECT s.staff_id AS subject_id, s.status, NULL AS wallet_opened_at, c.password_hash, s.role
FROM staff s JOIN credentials c ON c.subject_id = s.staff_id
WHERE s.email_index IN (SELECT value FROM json_each(?))
"""

_STANDING: Final[dict[Audience, str]] = {
    "player": "SELECT status <> 'closed' AS may_stay, NULL AS role FROM players"
    " WHERE player_id = ?",
    "staff": "SELECT status = 'active' AS may_stay, role FROM staff WHERE staff_id = ?",
}


async def login_player(house: House, email: str, password: str, now_ms: int) -> TokensView:
    """Open a session of a player, completing a registration that was left half made.

    Raises:
        Rejected: ACCOUNT_LOCKED, INVALID_CREDENTIALS, ACCOUNT_CLOSED or WALLET_PENDING.
    """
    row = await _authenticate(house, "player", email, password, now_ms)
    if row["status"] == "closed":
        raise Rejected(ACCOUNT_CLOSED, "This account has been closed.")
    player_id = str(row["subject_id"])
    if row["wallet_opened_at"] is None:
        await open_wallet(house, player_id, now_ms)
    await try_to_tell_wallet(house, player_id)
    session = await house.sessions.open(player_id, "player", now_ms)
    return _tokens(house, session, None, now_ms)


async def login_staff(house: House, email: str, password: str, now_ms: int) -> StaffTokensView:
    """Open a session of staff. Only the sandbox profile lets a password suffice.

    Raises:
        Rejected: OTP_REQUIRED outside the sandbox, where no one-time password can be enrolled yet;
            ACCOUNT_LOCKED, INVALID_CREDENTIALS or ACCOUNT_CLOSED.
    """
    if house.settings.profile != "sandbox":
        raise Rejected(OTP_REQUIRED, "Staff log in with a one-time password here.")
    row = await _authenticate(house, "staff", email, password, now_ms)
    if row["status"] != "active":
        raise Rejected(ACCOUNT_CLOSED, "This account is suspended.")
    session = await house.sessions.open(str(row["subject_id"]), "staff", now_ms)
    role = cast("Role", row["role"])
    return StaffTokensView(**_tokens(house, session, role, now_ms).model_dump(), role=role)


async def refresh(house: House, refresh_token: str, now_ms: int) -> TokensView:
    """Spend a refresh token for the next pair of tokens, under the role that D1 gives now.

    Raises:
        Rejected: REFRESH_INVALID, or REFRESH_REUSED after ending the session everywhere.
        Unreachable: when it had to be ended and the wallet did not do so; asking again does.
    """
    try:
        session = await house.sessions.rotate(refresh_token, now_ms)
    except ReusedRefresh as reused:
        await _end(house, reused.family, "refresh_reused", now_ms)
        raise
    row = await house.db.first(_STANDING[session.family.subject_kind], session.family.subject_id)
    if row is None or row["may_stay"] != 1:
        await _end(house, session.family, "not_active", now_ms)
        raise Rejected(REFRESH_INVALID, "Log in again.")
    return _tokens(house, session, cast("Role | None", row["role"]), now_ms)


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
    await _end(house, family, "logout", now_ms)


async def _authenticate(
    house: House, kind: Audience, email: str, password: str, now_ms: int
) -> Record:
    """The row of the subject whose password this is."""
    email_index = house.blind_index.of("email", normalise_email(email))
    indexes = json.dumps(house.blind_index.all_of("email", normalise_email(email)))
    lock = await house.db.first(_LOCK, email_index, kind, now_ms)
    if lock is not None:
        raise _locked(lock, now_ms)
    if kind == "player":
        row = await house.db.first(_PLAYER, indexes, house.settings.brand_id)
    else:
        row = await house.db.first(_STAFF, indexes)
    stored = None if row is None else str(row["password_hash"])
    verified = await house.passwords.verify(password, stored)
    if row is None or not verified.matches:
        failed = await house.db.first(
            _COUNT_FAILURE, email_index, kind, now_ms, LOCK_MS, MAX_FAILURES
        )
        assert failed is not None
        if cast("int", failed["failures"]) > MAX_FAILURES:
            raise _locked(failed, now_ms)
        raise Rejected(INVALID_CREDENTIALS, "E-mail or password is wrong.")
    # Others may have failed while this one was hashed: it is let in only if they were too few.
    await house.db.execute(_FORGIVE, email_index, kind, now_ms)
    lock = await house.db.first(_LOCK, email_index, kind, now_ms)
    if lock is not None:
        raise _locked(lock, now_ms)
    if verified.is_weaker:
        await _rehash(house, str(row["subject_id"]), password, str(stored), now_ms)
    return row


def _locked(row: Record, now_ms: int) -> Rejected:
    wait_ms = cast("int", row["locked_until"]) - now_ms
    return Rejected(
        ACCOUNT_LOCKED,
        "Too many failed logins. Wait, then try again.",
        retry_after=-(-wait_ms // 1000),
    )


async def _rehash(house: House, subject_id: str, password: str, former: str, now_ms: int) -> None:
    stronger = await house.passwords.hash(password, house.entropy.token(SALT_BYTES))
    await house.db.execute(
        "UPDATE credentials SET password_hash = ?, changed_at = ?"
        " WHERE subject_id = ? AND password_hash = ?",
        stronger,
        now_ms,
        subject_id,
        former,
    )


def _tokens(house: House, session: Session, role: Role | None, now_ms: int) -> TokensView:
    family = session.family
    principal = Principal(family.subject_id, family.session_id, role)
    token_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    return TokensView(
        access_token=house.tokens.issue(principal, family.subject_kind, now_ms, token_id),
        refresh_token=session.refresh_token,
        expires_in=LIFETIME_S,
    )


async def _end(house: House, family: Family, reason: str, now_ms: int) -> None:
    """End a session in D1 and in the wallet, which refuses its commands from then on. What D1 was
    told stays, also when the wallet did not hear of it: repeating is how the caller gets there.

    Raises:
        Unreachable: when the wallet gave no answer, or refused.
    """
    await house.sessions.revoke(family.session_id, reason, now_ms)
    if family.subject_kind == "player":
        payload = canonical_json({"session_id": family.session_id})
        text = await house.wallets.execute(family.subject_id, "session_revoke", "", "", payload)
        answer = decode_answer(text)
        if answer.status >= 400:
            code = json.loads(answer.body)["code"]
            raise Unreachable(f"the wallet did not end a session: {code}")
