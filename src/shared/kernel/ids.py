"""Identifiers are UUIDv7 strings (RFC 9562 §5.7): sortable by the millisecond they were made in.

Time and randomness are arguments, so the pure core can make ids and a simulator can repeat them.
"""

import re
from typing import Final

RANDOM_BYTES_PER_ID: Final = 10

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)


def uuid7(now_ms: int, random_bytes: bytes) -> str:
    """The UUIDv7 of `now_ms` (UTC milliseconds) and ten random bytes, in its 36-character form."""
    assert 0 <= now_ms < 1 << 48, now_ms
    assert len(random_bytes) >= RANDOM_BYTES_PER_ID, len(random_bytes)
    tail = int.from_bytes(random_bytes[:RANDOM_BYTES_PER_ID]) & ((1 << 74) - 1)
    number = now_ms << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & ((1 << 62) - 1)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """True for a lower-case UUID in its 36-character form, of any RFC 9562 version."""
    return _UUID.fullmatch(text) is not None


def first_id_at(at_ms: int) -> str:
    """No UUIDv7 of that millisecond or later sorts before it (RFC 9562 §5.7)."""
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}"
