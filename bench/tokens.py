"""Access tokens for the bettors: signed like the house's, with a day to live.

A benchmark may last longer than an access token of ten minutes; what is measured is the bet and
the check of its token, not logins, so the tokens are made here with the contender's own key.
"""

import secrets
import time

import jwt

from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7

DAY_S = 86_400


def sign_token(player_id: str, key: bytes, key_id: str, session_id: str | None = None) -> str:
    """An access token of a player, for a login session or with one of its own."""
    now_s = int(time.time())
    claims = {
        "iss": "https://acme.example/api",
        "aud": "acme:player",
        "sub": player_id,
        "sid": session_id or new_id(),
        "iat": now_s,
        "exp": now_s + DAY_S,
        "jti": new_id(),
    }
    return jwt.encode(claims, key, "HS256", {"kid": key_id, "typ": "at+jwt"})


def session_of(token: str) -> str:
    """The login session that an access token proves."""
    return str(jwt.decode(token, options={"verify_signature": False})["sid"])


def new_id() -> str:
    """A fresh UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(RANDOM_BYTES_PER_ID))
