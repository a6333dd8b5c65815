"""Login sessions: a refresh family per login, rotated at every use, ended by reuse or logout.

The refresh token is 32 random bytes of which only the SHA-256 is stored. Rotation is a transaction
that only one of two racing requests can win, and that never spends a token without storing the next
one; the loser, and anyone who comes back with a spent token, ends the whole family (RFC 9700
§4.14.2). A family lives 30 days, however often it rotates, and ends by itself when nothing was
heard of it for as long as the profile lets a session be idle (Brazil: 30 minutes, Portaria SPA/MF
722/2024 Annex I item 14). A login is bound to the password that it was proven by, and to the
account being there: one that was changed or closed in the meantime opens nothing.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from services.rows import integer, optional_integer
from services.visits import Visit
from shared.identity.errors import (
    INVALID_CREDENTIALS,
    REAUTH_REQUIRED,
    REFRESH_INVALID,
    REFRESH_REUSED,
    SESSION_REVOKED,
)
from shared.identity.model import Audience, Principal
from shared.kernel.errors import Problem, Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.ports import Database, Entropy, Record, Statement

FAMILY_LIFETIME_MS: Final = 30 * DAY_MS
_TOKEN_BYTES: Final = 32
_ACTIVITY_STEP_MS: Final = MINUTE_MS
"""How exactly D1 knows when a session was last active: one write a minute at the most."""
IDLE: Final = "idle"
"""Why a family ended that nothing was heard of."""
REUSED: Final = "refresh_reused"
"""Why one ended of which a spent token came back: somebody has a copy."""

_OPEN: Final = """
INSERT INTO refresh_families (family_id, subject_id, subject_kind, created_at, expires_at,
  last_active_at, device, country, address_masked, second_factor_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?4, ?6, ?7, ?8, ?9
WHERE EXISTS (SELECT 1 FROM credentials WHERE subject_id = ?2 AND password_hash = ?10)
  AND NOT EXISTS (SELECT 1 FROM players WHERE player_id = ?2 AND status = 'closed')
"""
_OPENS_WITH: Final = """
INSERT INTO refresh_tokens (token_hash, family_id, issued_at) SELECT ?, ?, ? WHERE changes() > 0
"""
_FAMILY_OF: Final = """
SELECT f.*, t.used_at FROM refresh_tokens t
JOIN refresh_families f ON f.family_id = t.family_id WHERE t.token_hash = ?
"""

_SPEND: Final = "UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL"
_STORE_NEXT: Final = """
INSERT INTO refresh_tokens (token_hash, family_id, issued_at)
SELECT ?1, family_id, ?2 FROM refresh_families
WHERE family_id = ?3 AND revoked_at IS NULL AND expires_at > ?2 AND changes() > 0
"""
"""Follows `_SPEND` in one batch: nothing is stored when nothing was spent or the family is over."""
_ACTIVE: Final = """
UPDATE refresh_families SET last_active_at = ?1 WHERE family_id = ?2 AND changes() > 0
"""


@dataclass(frozen=True, slots=True)
class Family:
    """A login session: all refresh tokens that descend from one login."""

    session_id: str
    subject_id: str
    subject_kind: Audience


@dataclass(frozen=True, slots=True)
class Session:
    """An open session and the refresh token that continues it, once."""

    family: Family
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A login that was proven: by which password, from where, and when by which code."""

    subject_id: str
    kind: Audience
    password_hash: str
    visit: Visit
    country: str = ""
    second_factor_at: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A live session, as its owner sees it."""

    session_id: str
    device: str
    country: str
    address_masked: str
    created_at: int
    last_active_at: int


class Sessions:
    """The refresh families in D1."""

    def __init__(self, db: Database, entropy: Entropy) -> None:
        self._db = db
        self._entropy = entropy

    async def open(self, login: Opening, now_ms: int) -> Session:
        """A new family with its first refresh token.

        Raises:
            Rejected: INVALID_CREDENTIALS when the password was changed meanwhile, or the account
                closed.
        """
        family_id = uuid7(now_ms, self._entropy.token(RANDOM_BYTES_PER_ID))
        token, token_hash = self._fresh_token()
        row = (
            family_id,
            login.subject_id,
            login.kind,
            now_ms,
            now_ms + FAMILY_LIFETIME_MS,
            login.visit.device,
            login.country,
            login.visit.address_masked,
            login.second_factor_at,
            login.password_hash,
        )
        opened, _ = await self._db.batch(
            [Statement(_OPEN, row), Statement(_OPENS_WITH, (token_hash, family_id, now_ms))]
        )
        if not opened:
            raise Rejected(INVALID_CREDENTIALS, "The account changed meanwhile. Log in again.")
        return Session(Family(family_id, login.subject_id, login.kind), token)

    async def spendable(self, refresh_token: str, now_ms: int, idle_ms: int | None) -> Family:
        """The family of a token that could be spent now, which `rotate` does; `idle_ms` is how long
        nothing may have been heard of it, None for ever.

        Raises:
            Rejected: REFRESH_INVALID when it is unknown.
            OverSession: REFRESH_REUSED when it was spent before, REAUTH_REQUIRED when nothing was
                heard for too long, REFRESH_INVALID when the family has ended.
        """
        row = await self._db.first(_FAMILY_OF, _hash(refresh_token))
        if row is None:
            raise Rejected(REFRESH_INVALID, "Log in again.")
        family = _family(row)
        if row["used_at"] is not None:
            raise OverSession(family, REFRESH_REUSED, REUSED)
        if idle_ms is not None and _is_idle(row, now_ms, idle_ms):
            raise OverSession(family, REAUTH_REQUIRED, IDLE)
        if row["revoked_at"] is not None or integer(row["expires_at"]) <= now_ms:
            raise OverSession(family, REFRESH_INVALID, "expired")
        return family

    async def rotate(self, refresh_token: str, family: Family, now_ms: int) -> Session:
        """Spend `refresh_token` and give the next one of its `family`.

        Raises:
            Rejected: REFRESH_INVALID when the family has ended meanwhile.
            OverSession: REFRESH_REUSED when another request has spent it.
        """
        token_hash = _hash(refresh_token)
        token, next_hash = self._fresh_token()
        spent, stored, _ = await self._db.batch(
            [
                Statement(_SPEND, (now_ms, token_hash)),
                Statement(_STORE_NEXT, (next_hash, now_ms, family.session_id)),
                Statement(_ACTIVE, (now_ms, family.session_id)),
            ]
        )
        if spent == 0:
            raise OverSession(family, REFRESH_REUSED, REUSED)
        if stored == 0:
            raise Rejected(REFRESH_INVALID, "Log in again.")
        return Session(family, token)

    async def family_of(self, refresh_token: str) -> Family | None:
        """The family of a refresh token, spent or not; None when it is unknown."""
        row = await self._db.first(_FAMILY_OF, _hash(refresh_token))
        return None if row is None else _family(row)

    async def revoke(self, session_id: str, reason: str, now_ms: int) -> None:
        """End a family; ending it again keeps the first time and reason."""
        await self._db.execute(
            "UPDATE refresh_families SET revoked_at = ?, revoked_reason = ?"
            " WHERE family_id = ? AND revoked_at IS NULL",
            now_ms,
            reason,
            session_id,
        )

    async def live_ids(self, subject_id: str, now_ms: int) -> list[str]:
        """The families of a person that have not ended, idle or not."""
        rows = await self._db.query(
            "SELECT family_id FROM refresh_families"
            " WHERE subject_id = ? AND revoked_at IS NULL AND expires_at > ?",
            subject_id,
            now_ms,
        )
        return [str(row["family_id"]) for row in rows]

    async def devices(self, subject_id: str, now_ms: int, idle_ms: int | None) -> list[Device]:
        """The sessions that can still be used, the last active first."""
        rows = await self._db.query(
            "SELECT * FROM refresh_families WHERE subject_id = ? AND revoked_at IS NULL"
            " AND expires_at > ? AND last_active_at >= ?"
            " ORDER BY last_active_at DESC, family_id DESC",
            subject_id,
            now_ms,
            0 if idle_ms is None else now_ms - idle_ms,
        )
        return [
            Device(
                session_id=str(row["family_id"]),
                device=str(row["device"]),
                country=str(row["country"]),
                address_masked=str(row["address_masked"]),
                created_at=integer(row["created_at"]),
                last_active_at=integer(row["last_active_at"]),
            )
            for row in rows
        ]

    async def find(self, session_id: str, subject_id: str) -> Family | None:
        """A session of this person, ended or not; None for another's, or none."""
        row = await self._db.first(
            "SELECT * FROM refresh_families WHERE family_id = ? AND subject_id = ?",
            session_id,
            subject_id,
        )
        return None if row is None else _family(row)

    async def has_ended(self, session_id: str) -> bool:
        """Whether somebody ended the family."""
        row = await self._db.first(
            "SELECT 1 FROM refresh_families WHERE family_id = ? AND revoked_at IS NOT NULL",
            session_id,
        )
        return row is not None

    async def second_factor_at(self, session_id: str) -> int | None:
        """When a code was last given in this session, by its owner's clock."""
        row = await self._db.first(
            "SELECT second_factor_at FROM refresh_families WHERE family_id = ?", session_id
        )
        return None if row is None else optional_integer(row["second_factor_at"])

    async def record_second_factor(self, session_id: str, proved_at: int) -> None:
        """A code was given in this session."""
        await self._db.execute(
            "UPDATE refresh_families SET second_factor_at = ? WHERE family_id = ?",
            proved_at,
            session_id,
        )

    async def require_live(self, principal: Principal, now_ms: int) -> None:
        """Refuse a principal whose session was ended before its access token expires; who is let
        through is active. Staff must also still be active in the role that the token claims.

        Raises:
            Rejected: SESSION_REVOKED.
        """
        row = await self._db.first(
            "SELECT f.revoked_at, f.last_active_at, s.role, s.status FROM refresh_families f"
            " LEFT JOIN staff s ON s.staff_id = f.subject_id"
            " WHERE f.family_id = ? AND f.subject_id = ?",
            principal.session_id,
            principal.subject_id,
        )
        live = row is not None and row["revoked_at"] is None
        if row is not None and principal.role is not None:
            live = live and row["role"] == principal.role and row["status"] == "active"
        if row is None or not live:
            raise Rejected(SESSION_REVOKED, "Log in again.")
        if now_ms - integer(row["last_active_at"]) >= _ACTIVITY_STEP_MS:
            await self._db.execute(
                "UPDATE refresh_families SET last_active_at = ? WHERE family_id = ?",
                now_ms,
                principal.session_id,
            )

    def _fresh_token(self) -> tuple[str, str]:
        token = urlsafe_b64encode(self._entropy.token(_TOKEN_BYTES)).decode().rstrip("=")
        return token, _hash(token)


class OverSession(Rejected):
    """The session of a refresh token is over; the caller ends it everywhere with the reason
    `ending`, also when it had ended before: the wallet may not have heard.
    """

    def __init__(self, family: Family, problem: Problem, ending: str) -> None:
        super().__init__(problem, "Log in again.")
        self.family = family
        self.ending = ending


def _is_idle(row: Record, now_ms: int, idle_ms: int) -> bool:
    """Also for a family that ended so, until the wallet has heard of it too."""
    if row["revoked_at"] is not None:
        return row["revoked_reason"] == IDLE
    return now_ms - integer(row["last_active_at"]) > idle_ms


def _family(row: Record) -> Family:
    kind = cast("Audience", row["subject_kind"])
    return Family(str(row["family_id"]), str(row["subject_id"]), kind)


def _hash(refresh_token: str) -> str:
    return sha256(refresh_token.encode()).hexdigest()
