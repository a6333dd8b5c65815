"""The calendar of limits, written a second time: days are `offset_ms` ahead of UTC's all year."""

from datetime import date
from functools import lru_cache
from typing import Final

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_of(at_ms: int, offset_ms: int) -> int:
    """Number of the day that holds `at_ms`."""
    return (at_ms + offset_ms) // DAY_MS


def start_of(day: int, offset_ms: int) -> int:
    """UTC milliseconds at which a day begins."""
    return day * DAY_MS - offset_ms


@lru_cache(maxsize=4096)
def windows_of(day: int) -> tuple[tuple[str, int], ...]:
    """Period and first day of the windows that hold `day`, shortest first."""
    on = date.fromordinal(_EPOCH + day)
    return (
        ("daily", day),
        ("weekly", day - on.weekday()),
        ("monthly", day - on.day + 1),
    )


def day_number(on: date) -> int:
    """Number of a calendar day."""
    return on.toordinal() - _EPOCH
