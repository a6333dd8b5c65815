"""Time is UTC milliseconds from one clock; calendars enter as a fixed offset of a jurisdiction.

Brazil abolished daylight saving time (Decreto 9.772/2019), so a São Paulo day is UTC-3 all year.
The wallet imports no third-party package, hence no time zone database: a test compares this offset
with `zoneinfo` for every day of the supported years.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

SAO_PAULO_OFFSET_MS: Final = -3 * HOUR_MS

_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(at_ms: int) -> str:
    """`2026-11-22T14:15:00.000Z`: RFC 3339, UTC, always three decimals."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def parse_rfc3339(text: str) -> int:
    """UTC milliseconds of an RFC 3339 time with an offset.

    Raises:
        ValueError: when the text is no such time, or carries no offset.
    """
    # `fromisoformat` reads more of ISO 8601 than RFC 3339 allows: weeks, no colons, no seconds.
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(f"not an RFC 3339 time with an offset: {text!r}")
    moment = datetime.fromisoformat(text)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def local_day(at_ms: int, offset_ms: int = SAO_PAULO_OFFSET_MS) -> int:
    """Number of the regulatory day that holds `at_ms`: days since 1970-01-01 on that calendar."""
    return (at_ms + offset_ms) // DAY_MS


def local_date(at_ms: int, offset_ms: int = SAO_PAULO_OFFSET_MS) -> date:
    """Calendar date of `at_ms` at the given offset from UTC."""
    return date(1970, 1, 1) + timedelta(days=local_day(at_ms, offset_ms))


def first_day_of_week(day: int) -> int:
    """The Monday of the week of `day` (ISO 8601); both are day numbers of `local_day`."""
    return day - (day + 3) % 7


def first_day_of_month(day: int) -> int:
    """The first of the month of `day`; both are day numbers of `local_day`."""
    calendar = date(1970, 1, 1) + timedelta(days=day)
    return day - (calendar.day - 1)


def full_years(born: date, today: date) -> int:
    """Age in completed years; someone born on 29 February ages on 1 March in common years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
