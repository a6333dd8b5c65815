"""What the platform refuses, refused alike by every adapter and before anything crosses a border.

The local runtime is more generous than production in places (PBKDF2 iterations), and JavaScript
converts silently what it should refuse (`True` to `'true'`, lone surrogates to U+FFFD, an integer
above 2^53 to its neighbour). Each rule is therefore checked here, in Python, with the number that
the platform's documentation gives.
"""

from collections.abc import Sequence
from typing import Final

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""Number.MAX_SAFE_INTEGER; Pyodide hands this value and larger ones over as BigInt, which fails."""

MIN_TTL_S: Final = 60
"""Shortest time to live of a KV entry (developers.cloudflare.com/kv/api/write-key-value-pairs)."""

MAX_KEY_VALUE_KEY_BYTES: Final = 512
MAX_OBJECT_KEY_BYTES: Final = 1024

MAX_BATCH_MESSAGES: Final = 100
MAX_MESSAGE_BYTES: Final = 128_000
MAX_BATCH_BYTES: Final = 256_000
"""Queues: developers.cloudflare.com/queues/platform/limits."""

MAX_PBKDF2_ITERATIONS: Final = 100_000
"""Iterations that production's WebCrypto grants one call (github.com/cloudflare/workerd#1346)."""

AES_KEY_BYTES: Final = (16, 32)
GCM_NONCE_BYTES: Final = 12
"""96 bits, the size that NIST SP 800-38D §8.2 recommends and everyone implements alike."""


def check_integer(value: int) -> None:
    """Raises `OverflowError` for an integer that cannot be handed to JavaScript as a number."""
    if not -MAX_SAFE_INTEGER < value < MAX_SAFE_INTEGER:
        raise OverflowError("an integer of 2^53 - 1 and more does not survive the crossing")


def check_integer_read(value: int) -> None:
    """Raises `OverflowError` for a database's integer that JavaScript reads as its neighbour."""
    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise OverflowError("an integer of 2^53 and more is read as its neighbour")


def check_sql_parameter(value: object) -> None:
    """Accepts `None`, `int`, `str` and `bytes`, exactly: no subclass, hence no `bool`.

    Raises:
        TypeError: for any other type, floats and booleans included.
        OverflowError: for an integer of 2^53 - 1 or more, either sign.
        UnicodeEncodeError: for text with a lone surrogate.
    """
    kind = type(value)
    if isinstance(value, str) and kind is str:
        if not value.isascii():
            value.encode()
    elif isinstance(value, int) and kind is int:
        check_integer(value)
    elif value is not None and kind is not bytes:
        raise TypeError(f"a {kind.__name__} cannot be bound: give an int, str, bytes or None")


def integer_of_float(value: float) -> int:
    """The integer that a database number stands for; JavaScript knows no other numbers.

    Raises:
        TypeError: for a fraction: this platform stores none.
        OverflowError: for a number of 2^53 or more, which may be its neighbour's.
    """
    if not value.is_integer():
        raise TypeError("a fraction came out of the database, which holds integers only")
    number = int(value)
    check_integer_read(number)
    return number


def check_ttl(ttl_s: int) -> None:
    """Raises `ValueError` below the shortest time to live that KV accepts."""
    if ttl_s < MIN_TTL_S:
        raise ValueError(f"a KV entry lives at least {MIN_TTL_S} s, not {ttl_s}")


def check_key(key: str, *, max_bytes: int) -> None:
    """Raises `ValueError` for a key that KV or R2 refuses: empty, `.`, `..`, or too long."""
    if key in ("", ".", ".."):
        raise ValueError(f"not a key: {key!r}")
    if len(key.encode()) > max_bytes:
        raise ValueError(f"a key has at most {max_bytes} bytes")


def check_queue_batch(messages: Sequence[str]) -> None:
    """Raises `ValueError` for a batch that the queue would refuse as a whole."""
    sizes = [len(message.encode()) for message in messages]
    if not 1 <= len(sizes) <= MAX_BATCH_MESSAGES:
        raise ValueError(f"a batch has 1 to {MAX_BATCH_MESSAGES} messages, not {len(sizes)}")
    if max(sizes) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MAX_MESSAGE_BYTES} bytes, not {max(sizes)}")
    if sum(sizes) > MAX_BATCH_BYTES:
        raise ValueError(f"a batch has at most {MAX_BATCH_BYTES} bytes, not {sum(sizes)}")


def check_pbkdf2_iterations(iterations: int) -> None:
    """Raises `ValueError` outside 1 to 100,000, although the local runtime would allow more."""
    if not 1 <= iterations <= MAX_PBKDF2_ITERATIONS:
        raise ValueError(f"PBKDF2 runs 1 to {MAX_PBKDF2_ITERATIONS} iterations a call")


def check_aes_gcm(key: bytes, nonce: bytes) -> None:
    """Raises `ValueError` for a key or nonce of another size than AES-128, AES-256 and GCM have."""
    if len(key) not in AES_KEY_BYTES:
        raise ValueError(f"an AES key has {AES_KEY_BYTES} bytes, not {len(key)}")
    if len(nonce) != GCM_NONCE_BYTES:
        raise ValueError(f"a GCM nonce has {GCM_NONCE_BYTES} bytes, not {len(nonce)}")
