"""The values of a payment: the states of a withdrawal, and the identifier that PIX gives a payment.

The money itself is decided in the player's wallet, and with it ids and due times.
"""

import re
from typing import Final, Literal

from shared.kernel.times import rfc3339

WithdrawalStatus = Literal["processing", "paid", "released"]

_ISPB: Final = re.compile(r"[0-9]{8}")
_END_TO_END_RANDOM_BYTES: Final = 6


def end_to_end_id(ispb: str, at_ms: int, random_bytes: bytes) -> str:
    """`E`, the payer's institution (8 digits), the UTC minute, and 11 characters of randomness."""
    assert _ISPB.fullmatch(ispb), ispb
    assert len(random_bytes) >= _END_TO_END_RANDOM_BYTES, len(random_bytes)
    minute = re.sub(r"[^0-9]", "", rfc3339(at_ms))[:12]
    return f"E{ispb}{minute}{random_bytes[:_END_TO_END_RANDOM_BYTES].hex()[:11]}"
