"""Signatures of webhooks: who sent this body, and did they send it just now?

The header is `t=<UTC seconds>,v1=<hex>[,v1=<hex>…]`; each v1 is HMAC-SHA256 over the ASCII of t, a
full stop and the raw body. One valid v1 by one of our current secrets is enough, so either side can
rotate without a gap. A notice signed more than five minutes from now, in either direction, is
refused whoever signed it; inside the window a repeated notice is harmless because credits are
idempotent.
"""

import re
from collections.abc import Sequence
from hmac import compare_digest, digest
from typing import Final

from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS, SECOND_MS
from shared.payments.errors import (
    WEBHOOK_OUTSIDE_WINDOW,
    WEBHOOK_SIGNATURE_INVALID,
    WEBHOOK_SIGNATURE_MISSING,
)

HEADER: Final = "X-Pix-Signature"
WINDOW_MS: Final = 5 * MINUTE_MS
MIN_SECRET_BYTES: Final = 32

_MAX_SIGNATURES: Final = 4
_HEADER: Final = re.compile(rf"t=([0-9]{{1,12}})((?:,v1=[0-9a-f]{{64}}){{1,{_MAX_SIGNATURES}}})")


def sign(body: bytes, *, secrets: Sequence[bytes], now_ms: int) -> str:
    """The header's value for this body, one signature for each secret."""
    assert 1 <= len(secrets) <= _MAX_SIGNATURES, len(secrets)
    seconds = str(now_ms // SECOND_MS)
    signatures = (_signature(secret, seconds, body).hex() for secret in secrets)
    return f"t={seconds}" + "".join(f",v1={signature}" for signature in signatures)


def verify(header: str | None, body: bytes, *, secrets: Sequence[bytes], now_ms: int) -> None:
    """Returns when the body was signed with one of the secrets within the window.

    Raises:
        Rejected: WEBHOOK_SIGNATURE_MISSING, WEBHOOK_SIGNATURE_INVALID, WEBHOOK_OUTSIDE_WINDOW,
            in this order: the time counts only once the signature over it is known to be good.
    """
    assert secrets, "no secret to verify with"
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise Rejected(
            WEBHOOK_SIGNATURE_MISSING, f"{HEADER} is 't=<seconds>,v1=<64 hexadecimal digits>'."
        )
    seconds = match[1]
    offered = [bytes.fromhex(part.removeprefix("v1=")) for part in match[2][1:].split(",")]
    valid = False
    for secret in secrets:
        expected = _signature(secret, seconds, body)
        for signature in offered:
            valid |= compare_digest(expected, signature)
    if not valid:
        raise Rejected(WEBHOOK_SIGNATURE_INVALID, "No signature belongs to this body and a secret.")
    if abs(now_ms - int(seconds) * SECOND_MS) > WINDOW_MS:
        raise Rejected(WEBHOOK_OUTSIDE_WINDOW, "Signed more than five minutes from now.")


def _signature(secret: bytes, seconds: str, body: bytes) -> bytes:
    assert len(secret) >= MIN_SECRET_BYTES, "a webhook secret has at least 32 bytes"
    return digest(secret, seconds.encode("ascii") + b"." + body, "sha256")
