"""Proving who somebody is: a password, then the code that is due, counted as one attempt.

A right password without the code that is due is answered `second_factor_required`, and only that
tells that the password was right: a client must be able to ask for the code of those who have one,
and of nobody else. Where a code could be guessed, a password alone, refused or let in, neither
clears nor adds to the count of failures: a known password buys no guesses. A wrong code is answered
exactly as a wrong password is, and counts as one; it is counted before it is looked at, so that of
many at once no more are looked at than in turn, and what is refused as locked proves nothing.
"""

import json
from typing import cast

from services import second_factors
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
from shared.compliance.model import profile_now
from shared.identity.decide import normalise_email
from shared.identity.errors import INVALID_CREDENTIALS, OTP_REQUIRED, SECOND_FACTOR_REQUIRED
from shared.identity.model import Audience, Role
from shared.identity.passwords import SALT_BYTES
from shared.identity.second_factor import is_recovery_code, normalised_code, proof_is_due
from shared.kernel.errors import Rejected
from shared.kernel.values import value
from shared.platform.ports import Record

_PLAYER = """
SELECT p.player_id AS subject_id, p.status, p.wallet_opened_at, c.password_hash, NULL AS role
FROM players p JOIN credentials c ON c.subject_id = p.player_id
WHERE p.email_index IN (SELECT value FROM json_each(?)) AND p.brand_id = ?
"""
_STAFF = """
SELECT s.staff_id AS subject_id, s.status, NULL AS wallet_opened_at, c.password_hash, s.role
FROM staff s JOIN credentials c ON c.subject_id = s.staff_id
WHERE s.email_index IN (SELECT value FROM json_each(?))
"""


@value
class Attempt:
    """What somebody logs in with; `otp` is a code of the app or a recovery code."""

    email: str
    password: str
    otp: str | None = None


@value
class Proven:
    """Whose password it was, under which hash, and when the code was given, if one was.

    `may_only_enrol`: the profile asks a second factor that this person does not have yet.
    """

    subject_id: str
    status: str
    wallet_is_open: bool
    role: Role | None
    password_hash: str
    second_factor_at: int | None
    may_only_enrol: bool


async def prove(house: House, kind: Audience, tried: Attempt, now_ms: int) -> Proven:
    """Who logs in.

    Raises:
        Rejected: ACCOUNT_LOCKED, INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED, or OTP_REQUIRED for
            staff.
    """
    email_index = email_index_of(house, tried.email)
    await refuse_locked(house, email_index, kind, now_ms)
    row = await find_account(house, kind, tried.email)
    stored = None if row is None else str(row["password_hash"])
    verified = await house.passwords.verify(tried.password, stored)
    if row is None or stored is None or not verified.matches:
        await count_failure(house, email_index, kind, now_ms)
        raise _wrong()
    await refuse_locked_meanwhile(house, email_index, kind, now_ms)
    subject_id = str(row["subject_id"])
    factor = await second_factors.find_confirmed(house, subject_id)
    if kind == "player":
        proved_at = await _player_code(house, email_index, subject_id, factor, tried.otp, now_ms)
    else:
        proved_at = await _staff_code(house, email_index, subject_id, factor, tried.otp, now_ms)
    if factor is None:
        await forgive_by_password(house, email_index, kind, now_ms)
    if verified.is_weaker:
        stored = await _rehash(house, subject_id, tried.password, stored, now_ms)
    return Proven(
        subject_id=subject_id,
        status=str(row["status"]),
        wallet_is_open=row["wallet_opened_at"] is not None,
        role=cast("Role | None", row["role"]),
        password_hash=stored,
        second_factor_at=proved_at,
        may_only_enrol=factor is None and second_factor_is_required(house),
    )


def email_index_of(house: House, email: str) -> str:
    """The blind index under which failures of an e-mail address are counted."""
    return house.blind_index.of("email", normalise_email(email))


async def find_account(house: House, kind: Audience, email: str) -> Record | None:
    """The account of an e-mail address, whichever key its index was written under."""
    indexes = json.dumps(house.blind_index.all_of("email", normalise_email(email)))
    if kind == "player":
        return await house.db.first(_PLAYER, indexes, house.settings.brand_id)
    return await house.db.first(_STAFF, indexes)


def second_factor_is_required(house: House) -> bool:
    """Whether nobody gets further than the enrolment without one. Nobody real is in the sandbox."""
    return house.settings.profile != "sandbox"


async def code_is_due(house: House, factor: Factor, player_now: int, now_ms: int) -> bool:
    """Whether the last proof of a player is older than the profile allows."""
    rules = profile_now(house.settings.jurisdiction, now_ms).session
    days = None if rules is None else rules.second_factor_days
    return proof_is_due(factor.proved_at, player_now, days)


async def _player_code(
    house: House,
    email_index: str,
    player_id: str,
    factor: Factor | None,
    otp: str | None,
    now_ms: int,
) -> int | None:
    """When the code was given, by the player's clock; None when none was given or is asked."""
    if factor is None:
        return None
    player_now = await player_now_ms(house, player_id, now_ms)
    if otp is None:
        if await code_is_due(house, factor, player_now, now_ms):
            raise Rejected(SECOND_FACTOR_REQUIRED, "Send the code of your authenticator as otp.")
        return None
    await count_failure(house, email_index, "player", now_ms)
    if not await second_factors.accept(house, factor, otp, now_ms=now_ms, proved_at=player_now):
        raise _wrong()
    await forgive_by_code(house, email_index, "player")
    return player_now


async def _staff_code(
    house: House,
    email_index: str,
    staff_id: str,
    factor: Factor | None,
    otp: str | None,
    now_ms: int,
) -> int | None:
    """As for players, at every login: staff without a factor need the code that another
    administrator gave them, and may then enrol one.
    """
    if otp is None:
        if not second_factor_is_required(house):
            return None
        raise Rejected(OTP_REQUIRED, "Staff log in with a one-time password here.")
    if factor is None and not second_factor_is_required(house):
        return None
    await count_failure(house, email_index, "staff", now_ms)
    if factor is not None:
        right = await second_factors.accept(house, factor, otp, now_ms=now_ms, proved_at=now_ms)
    else:
        text = normalised_code(otp)
        right = is_recovery_code(text) and await second_factors.spend_code(
            house, staff_id, text, "reset", now_ms
        )
    if not right:
        raise _wrong()
    await forgive_by_code(house, email_index, "staff")
    return now_ms


def _wrong() -> Rejected:
    return Rejected(INVALID_CREDENTIALS, "E-mail, password or code is wrong.")


async def _rehash(house: House, subject_id: str, password: str, former: str, now_ms: int) -> str:
    """The hash that stands now: the stronger one, unless the password was changed meanwhile."""
    stronger = await house.passwords.hash(password, house.entropy.token(SALT_BYTES))
    changed = await house.db.execute(
        "UPDATE credentials SET password_hash = ?, changed_at = ?"
        " WHERE subject_id = ? AND password_hash = ?",
        stronger,
        now_ms,
        subject_id,
        former,
    )
    return stronger if changed else former
