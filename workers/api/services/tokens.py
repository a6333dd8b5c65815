"""Access tokens: short JWTs under one pinned algorithm and named keys (RFC 8725, RFC 9068).

HS256 with 256-bit keys; the header's `kid` only selects from our own table and `alg` is never read
from the token. Players and staff have different audiences, so neither's token opens the other's
door. Claims carry ids and a role, never personal data; `scp: enrol` stands in a token that opens
the enrolment of a second factor and nothing else. A verified token is remembered until it expires,
because checking the same signature again for every bet buys nothing.
"""

from collections.abc import Mapping
from typing import Final, cast

import jwt

from shared.identity.errors import TOKEN_EXPIRED, TOKEN_INVALID
from shared.identity.model import ROLES, Audience, Principal, Role
from shared.kernel.errors import Rejected
from shared.kernel.ids import is_uuid

ISSUER: Final = "https://acme.example/api"
LIFETIME_S: Final = 600
MAX_CACHED: Final = 4_096
_ALGORITHM: Final = "HS256"
_TYPE: Final = "at+jwt"
_AUDIENCES: Final[Mapping[Audience, str]] = {"player": "acme:player", "staff": "acme:staff"}
_REQUIRED: Final = ("iss", "aud", "sub", "sid", "iat", "exp", "jti")
_ENROL_SCOPE: Final = "enrol"
_MAX_TOKEN_CHARACTERS: Final = 2_048


class Tokens:
    """Issues and verifies access tokens with the keys of the house."""

    def __init__(self, keys: Mapping[str, bytes], active_key_id: str) -> None:
        if active_key_id not in keys:
            raise ValueError("the active token key is not among the keys")
        self._keys = dict(keys)
        self._active = active_key_id
        self._verified: dict[tuple[str, Audience], tuple[Principal, int]] = {}

    def issue(self, principal: Principal, audience: Audience, now_ms: int, token_id: str) -> str:
        """An access token for `LIFETIME_S` seconds from `now_ms`; `token_id` is a fresh UUID."""
        issued_s = now_ms // 1000
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": _AUDIENCES[audience],
            "sub": principal.subject_id,
            "sid": principal.session_id,
            "iat": issued_s,
            "exp": issued_s + LIFETIME_S,
            "jti": token_id,
        }
        if principal.role is not None:
            claims["role"] = principal.role
        if principal.may_only_enrol:
            claims["scp"] = _ENROL_SCOPE
        headers = {"kid": self._active, "typ": _TYPE}
        return jwt.encode(claims, self._keys[self._active], _ALGORITHM, headers)

    def verify(self, token: str, audience: Audience, now_ms: int) -> Principal:
        """Who the token proves.

        Raises:
            Rejected: TOKEN_EXPIRED, or TOKEN_INVALID for everything else that is wrong with it.
        """
        known = self._verified.get((token, audience))
        principal, expires_s = known or self._decode(token, audience, now_ms // 1000)
        if now_ms >= expires_s * 1000:
            self._verified.pop((token, audience), None)
            raise Rejected(TOKEN_EXPIRED, "Refresh the session.")
        if known is None:
            if len(self._verified) >= MAX_CACHED:
                del self._verified[next(iter(self._verified))]
            self._verified[token, audience] = (principal, expires_s)
        return principal

    def expires_at_ms(self, token: str, audience: Audience, now_ms: int) -> int:
        """When the proof of a valid token ends; raises as `verify`."""
        self.verify(token, audience, now_ms)
        return self._verified[token, audience][1] * 1000

    def _decode(self, token: str, audience: Audience, now_s: int) -> tuple[Principal, int]:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise _invalid()
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(str(header.get("kid")))
            if key is None or header.get("typ") != _TYPE:
                raise _invalid()
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCES[audience],
                issuer=ISSUER,
                options={
                    "require": list(_REQUIRED),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError):
            raise _invalid() from None
        return _principal(claims, audience, now_s)


def _principal(
    claims: Mapping[str, object], audience: Audience, now_s: int
) -> tuple[Principal, int]:
    subject, session, role = claims["sub"], claims["sid"], claims.get("role")
    issued_s, expires_s = claims["iat"], claims["exp"]
    if type(issued_s) is not int or type(expires_s) is not int or issued_s > now_s + 60:
        raise _invalid()
    if not (isinstance(subject, str) and is_uuid(subject)):
        raise _invalid()
    if not (isinstance(session, str) and is_uuid(session)):
        raise _invalid()
    scope = claims.get("scp")
    if (role in ROLES) != (audience == "staff") or "nbf" in claims:
        raise _invalid()
    if scope not in (None, _ENROL_SCOPE):
        raise _invalid()
    may_only_enrol = scope is not None
    return Principal(subject, session, cast("Role | None", role), may_only_enrol), expires_s


def _invalid() -> Rejected:
    return Rejected(TOKEN_INVALID, "The access token is not one of ours.")
