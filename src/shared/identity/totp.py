"""One-time passwords by time (RFC 6238 over RFC 4226): six digits, HMAC-SHA-1, 30-second steps.

These are the parameters that every authenticator app has. A code is good in its own step and in the
one before and after it (a phone's clock drifts, a person types slowly), and only for a step later
than the last one that was accepted: so no code is accepted twice, not even by another door of the
house. Pure: the secret, the time and the last step are arguments.
"""

import hmac
from base64 import b32decode, b32encode
from typing import Final
from urllib.parse import quote, urlencode

STEP_MS: Final = 30_000
DRIFT_STEPS: Final = 1
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""160 bits, the length that RFC 4226 §4 recommends."""
ISSUER: Final = "AcmeToCasino"


def step_at(now_ms: int) -> int:
    """The time step of `now_ms` (UTC milliseconds of the real clock, which is the phone's too)."""
    return now_ms // STEP_MS


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one time step (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def accepted_step(secret: bytes, code: str, now_ms: int, last_step: int) -> int | None:
    """The step that `code` proves at `now_ms`, later than `last_step`; None when it proves none.

    Every candidate is computed and compared in constant time, whichever matches.
    """
    now = step_at(now_ms)
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > last_step:
            found = step if found is None else found
    return found


def secret_text(secret: bytes) -> str:
    """The secret as people type it: base32 without padding."""
    return b32encode(secret).decode().rstrip("=")


def secret_bytes(text: str) -> bytes:
    """The secret of `secret_text`.

    Raises:
        ValueError: for a text that is not base32.
    """
    return b32decode(text + "=" * (-len(text) % 8))


def enrolment_uri(secret: bytes, account: str) -> str:
    """The `otpauth:` address that authenticator apps read from a QR code (Key URI Format)."""
    label = quote(f"{ISSUER}:{account}", safe=":@")
    query = urlencode(
        {
            "secret": secret_text(secret),
            "issuer": ISSUER,
            "algorithm": "SHA1",
            "digits": DIGITS,
            "period": STEP_MS // 1000,
        }
    )
    return f"otpauth://totp/{label}?{query}"
