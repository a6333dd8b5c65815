"""Money is an `int` of minor units with an ISO 4217 currency beside it; no float ever touches it.

The ceiling keeps every amount and every realistic sum far below 2^53 - 1, the largest integer
that survives the crossing into the Durable Object's SQLite on this runtime.
"""

from typing import Final, Literal

Currency = Literal["BRL", "EUR", "GBP", "USD"]

CURRENCIES: Final[tuple[Currency, ...]] = ("BRL", "EUR", "GBP", "USD")

MAX_AMOUNT_MINOR: Final = 10**12 - 1
"""Largest amount of one command, and the largest that a PIX message can say: 9999999999.99."""


def is_amount_minor(value: object) -> bool:
    """True for an integer of minor units from 1 to `MAX_AMOUNT_MINOR`; `True` is not an amount."""
    return type(value) is int and 0 < value <= MAX_AMOUNT_MINOR


def format_major(amount_minor: int) -> str:
    """`1050` becomes `"10.50"`, the decimal form of the PIX API and of statements."""
    sign = "-" if amount_minor < 0 else ""
    major, minor = divmod(abs(amount_minor), 100)
    return f"{sign}{major}.{minor:02d}"


def parse_major(text: str) -> int:
    """`"10.50"` becomes `1050`.

    Raises:
        ValueError: for anything but digits, a point and exactly two decimals.
    """
    major, point, minor = text.partition(".")
    if not (point and major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit()):
        raise ValueError(f"not a decimal amount with two places: {text!r}")
    if len(minor) != 2:
        raise ValueError(f"not a decimal amount with two places: {text!r}")
    return int(major) * 100 + int(minor)
