"""One canonical text of a JSON value, so that equal requests and events have equal hashes.

Keys are sorted by code point, there is no white space, text stays UTF-8, and floats are refused:
RFC 8785 restricted to the integers and strings that this platform uses.
"""

import json
from hashlib import sha256

type Json = bool | int | str | list[Json] | dict[str, Json] | None


def canonical_json(value: object) -> str:
    """The canonical text of `value`.

    Raises:
        TypeError: for a value that JSON does not have, floats included.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
