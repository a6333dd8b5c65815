"""Reading a payload: every field checked for its type and bounds, unknown fields refused.

The API validates bodies for people; this is the second line, in the object that moves the money,
without third-party code. Whatever is wrong here is `invalid_payload`, with the name of the field.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, NoReturn

from shared.kernel.errors import Rejected
from shared.kernel.money import MAX_AMOUNT_MINOR
from shared.wallet.errors import INVALID_PAYLOAD

MAX_PAYLOAD_CHARS: Final = 65_536
MAX_TEXT_CHARS: Final = 500
MAX_ID_CHARS: Final = 128
MAX_ADDRESS_CHARS: Final = 64
LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999: the last moment that RFC 3339 can write."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID: Final = re.compile(rf"[!-~]{{1,{MAX_ID_CHARS}}}")


class Digits(str):
    """A number that nothing here computes with, as it was written: no reader of a field takes it
    for a number or for a text.
    """

    __slots__ = ()


def decode_payload(text: str) -> dict[str, object]:
    """The JSON object of a payload; numbers are integers of at most 2^53 - 1 in size, any other
    is kept as its digits, for whoever reads the field to refuse.

    Raises:
        Rejected: `invalid_payload`.
    """
    if len(text) > MAX_PAYLOAD_CHARS:
        refuse("payload", f"is longer than {MAX_PAYLOAD_CHARS} characters")
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        refuse("payload", "is not JSON")
    if not isinstance(value, dict):
        refuse("payload", "is not a JSON object")
    return value


class Fields:
    """The fields of one object, each read once; `done` refuses what nobody read."""

    __slots__ = ("_rest",)

    def __init__(self, value: Mapping[str, object]) -> None:
        self._rest = dict(value)

    def id(self, name: str) -> str:
        """An identifier: 1 to 128 visible ASCII characters."""
        return self.matching(name, _ID)

    def text(self, name: str) -> str:
        """A text of 1 to 500 characters."""
        value = self._rest.pop(name, None)
        if type(value) is not str or not 1 <= len(value) <= MAX_TEXT_CHARS:
            refuse(name, f"is not a text of 1 to {MAX_TEXT_CHARS} characters")
        return value

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A text that `pattern` matches from its start to its end."""
        value = self._rest.pop(name, None)
        if type(value) is not str or not pattern.fullmatch(value):
            refuse(name, f"does not match {pattern.pattern}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the texts in `choices`."""
        value = self._rest.pop(name, None)
        if type(value) is not str or value not in choices:
            refuse(name, f"is not one of {', '.join(choices)}")
        return value

    def whole(self, name: str, *, least: int, most: int = MAX_AMOUNT_MINOR) -> int:
        """A whole number between `least` and `most`."""
        value = self._rest.pop(name, None)
        if type(value) is not int or not least <= value <= most:
            refuse(name, f"is not a whole number from {least} to {most}")
        return value

    def moment(self, name: str) -> int:
        """UTC milliseconds."""
        return self.whole(name, least=1, most=LAST_MS)

    def amount(self, name: str) -> int:
        """A positive amount of minor units."""
        return self.whole(name, least=1)

    def flag(self, name: str) -> bool:
        value = self._rest.pop(name, None)
        if not isinstance(value, bool):
            refuse(name, "is not true or false")
        return value

    def mapping(self, name: str) -> dict[str, object]:
        value = self._rest.pop(name, None)
        if not isinstance(value, dict):
            refuse(name, "is not an object")
        return value

    def mappings(self, name: str, *, most: int) -> list[dict[str, object]]:
        """A list of at most `most` objects."""
        value = self._rest.pop(name, None)
        if not isinstance(value, list) or len(value) > most:
            refuse(name, f"is not a list of at most {most} objects")
        for item in value:
            if not isinstance(item, dict):
                refuse(name, "holds something that is not an object")
        return value

    def choices(self, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts in `choices`, none twice."""
        value = self._rest.pop(name, None)
        if not isinstance(value, list) or any(type(item) is not str for item in value):
            refuse(name, "is not a list of texts")
        if not set(value) <= set(choices) or len(set(value)) < len(value):
            refuse(name, f"names something twice, or that is not one of {', '.join(choices)}")
        return tuple(value)

    def codes(self, name: str, *, most: int) -> tuple[str, ...]:
        """A list of at most `most` codes: 1 to 64 letters, digits, `_`, `.` and `-`."""
        value = self._rest.pop(name, None)
        if not isinstance(value, list) or len(value) > most:
            refuse(name, f"is not a list of at most {most} codes")
        for item in value:
            if type(item) is not str or not _CODE.fullmatch(item):
                refuse(name, f"holds something that does not match {_CODE.pattern}")
        return tuple(value)

    def has(self, name: str) -> bool:
        """True when the field is there and not null; a null counts as absent."""
        if self._rest.get(name) is None:
            self._rest.pop(name, None)
            return False
        return True

    def done(self) -> None:
        """Refuse fields that nobody asked for."""
        for name in self._rest:
            refuse(name[:MAX_ID_CHARS].encode("ascii", "replace").decode(), "is not a known field")


def refuse(name: str, what: str) -> NoReturn:
    """Raise the `invalid_payload` that names the field and what is wrong with it."""
    raise Rejected(
        INVALID_PAYLOAD, f"{name} {what}", errors=[{"field": name, "message": f"{name} {what}"}]
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> "int | Digits":
    if len(digits) > 17 or abs(value := int(digits)) >= 1 << 53:
        return Digits(digits)
    return value


# Built once: `json.loads` with options makes a decoder for every call.
_decode: Final = json.JSONDecoder(
    parse_float=Digits, parse_int=_whole, parse_constant=_no_number
).decode
