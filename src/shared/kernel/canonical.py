"""One canonical text of a JSON value, so that equal requests and events have equal hashes.

Keys are sorted by code point, there is no white space, text stays UTF-8, and floats are refused:
RFC 8785 restricted to the integers and strings that this platform uses.
"""

import json
from hashlib import sha256
from typing import Final

type Json = bool | int | str | list[Json] | dict[str, Json] | None

# Built once: `json.dumps` with options makes an encoder for every call.
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def canonical_json(value: object) -> str:
    """The canonical text of `value`.

    Raises:
        TypeError: for a value that JSON does not have, floats included.
    """
    _refuse_floats(value)
    return _encode(value)


def sha256_hex(text: str) -> str:
    """Lower-case hexadecimal SHA-256 of the UTF-8 bytes of `text`."""
    return sha256(text.encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no canonical form here")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a JSON key is text, not {key!r}")
            if type(item) not in _PLAIN:
                _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            if type(item) not in _PLAIN:
                _refuse_floats(item)
