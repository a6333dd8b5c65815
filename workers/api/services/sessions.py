"""Login sessions: a refresh family per login, rotated at every use, ended by reuse or logout.

The refresh token is 32 random bytes of which only the SHA-256 is stored. Rotation is a transaction
that only one of two racing requests can win, and that never spends a token without storing the next
one; the loser, and anyone who comes back with a spent token, ends the whole family (RFC 9700
§4.14.2). A family lives 30 days, however often it rotates.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from shared.identity.errors import REFRESH_INVALID, REFRESH_REUSED, SESSION_REVOKED
from shared.identity.model import Audience, Principal
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Database, Entropy, Record, Statement

FAMILY_LIFETIME_MS: Final = 30 * DAY_MS
_TOKEN_BYTES: Final = 32

_SPEND: Final = "UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL"
_STORE_NEXT: Final = """
INSERT INTO refresh_tokens (token_hash, family_id, issued_at)
SELECT ?1, family_id, ?2 FROM refresh_families
WHERE family_id = ?3 AND revoked_at IS NULL AND expires_at > ?2 AND changes() > 0
"""
"""Follows `_SPEND` in one batch: nothing is stored when nothing was spent or the family is over."""


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


class Sessions:
    """The refresh families in D1."""

    def __init__(self, db: Database, entropy: Entropy) -> None:
        self._db = db
        self._entropy = entropy

    async def open(self, subject_id: str, kind: Audience, now_ms: int) -> Session:
        """A new family with its first refresh token."""
        family_id = uuid7(now_ms, self._entropy.token(RANDOM_BYTES_PER_ID))
        token, token_hash = self._fresh_token()
        await self._db.batch(
            [
                Statement(
                    "INSERT INTO refresh_families (family_id, subject_id, subject_kind, created_at,"
                    " expires_at) VALUES (?, ?, ?, ?, ?)",
                    (family_id, subject_id, kind, now_ms, now_ms + FAMILY_LIFETIME_MS),
                ),
                _insert_token(token_hash, family_id, now_ms),
            ]
        )
        return Session(Family(family_id, subject_id, kind), token)

    async def rotate(self, refresh_token: str, now_ms: int) -> Session:
        """Spend `refresh_token` and give the next one of its family.

        Raises:
            Rejected: REFRESH_INVALID when it is unknown or its family has ended.
            ReusedRefresh: when it was spent before; the caller ends the family everywhere.
        """
        token_hash = _hash(refresh_token)
        row = await self._db.first(
            "SELECT f.family_id, f.subject_id, f.subject_kind FROM refresh_tokens t"
            " JOIN refresh_families f ON f.family_id = t.family_id WHERE t.token_hash = ?",
            token_hash,
        )
        if row is None:
            raise Rejected(REFRESH_INVALID, "Log in again.")
        family = _family(row)
        token, next_hash = self._fresh_token()
        spent, stored = await self._db.batch(
            [
                Statement(_SPEND, (now_ms, token_hash)),
                Statement(_STORE_NEXT, (next_hash, now_ms, family.session_id)),
            ]
        )
        if spent == 0:
            raise ReusedRefresh(family)
        if stored == 0:
            raise Rejected(REFRESH_INVALID, "Log in again.")
        return Session(family, token)

    async def family_of(self, refresh_token: str) -> Family | None:
        """The family of a refresh token, spent or not; None when it is unknown."""
        row = await self._db.first(
            "SELECT f.family_id, f.subject_id, f.subject_kind FROM refresh_tokens t"
            " JOIN refresh_families f ON f.family_id = t.family_id WHERE t.token_hash = ?",
            _hash(refresh_token),
        )
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

    async def require_live(self, principal: Principal) -> None:
        """Refuse a principal whose session was ended before its access token expires.

        Staff must also still be active in the role that the token claims.

        Raises:
            Rejected: SESSION_REVOKED.
        """
        row = await self._db.first(
            "SELECT f.revoked_at, s.role, s.status FROM refresh_families f"
            " LEFT JOIN staff s ON s.staff_id = f.subject_id"
            " WHERE f.family_id = ? AND f.subject_id = ?",
            principal.session_id,
            principal.subject_id,
        )
        live = row is not None and row["revoked_at"] is None
        if row is not None and principal.role is not None:
            live = live and row["role"] == principal.role and row["status"] == "active"
        if not live:
            raise Rejected(SESSION_REVOKED, "Log in again.")

    def _fresh_token(self) -> tuple[str, str]:
        token = urlsafe_b64encode(self._entropy.token(_TOKEN_BYTES)).decode().rstrip("=")
        return token, _hash(token)


class ReusedRefresh(Rejected):
    """A spent refresh token came back: someone has a copy, so the whole family must end."""

    def __init__(self, family: Family) -> None:
        super().__init__(REFRESH_REUSED, "The session was ended for safety. Log in again.")
        self.family = family


def _family(row: Record) -> Family:
    kind = cast("Audience", row["subject_kind"])
    return Family(str(row["family_id"]), str(row["subject_id"]), kind)


def _insert_token(token_hash: str, family_id: str, now_ms: int) -> Statement:
    return Statement(
        "INSERT INTO refresh_tokens (token_hash, family_id, issued_at) VALUES (?, ?, ?)",
        (token_hash, family_id, now_ms),
    )


def _hash(refresh_token: str) -> str:
    return sha256(refresh_token.encode()).hexdigest()
