"""Time: UTC milliseconds, RFC 3339, and the calendar of São Paulo without a time zone database."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.kernel.times import (
    DAY_MS,
    HOUR_MS,
    SAO_PAULO_OFFSET_MS,
    first_day_of_month,
    first_day_of_week,
    full_years,
    local_date,
    local_day,
    parse_rfc3339,
    rfc3339,
)


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_795_356_900_000, "2026-11-22T14:15:00.000Z"),
        (1_795_356_900_999, "2026-11-22T14:15:00.999Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_with_three_decimals_in_utc_and_read_back(at_ms: int, text: str) -> None:
    assert rfc3339(at_ms) == text
    assert parse_rfc3339(text) == at_ms


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00+00:00", 0),
        ("1969-12-31T21:00:00-03:00", 0),
        ("1970-01-01T00:00:00.1Z", 100),
        ("1970-01-01T00:00:00.0019Z", 1),
    ],
)
def test_any_offset_and_precision_is_read(text: str, at_ms: int) -> None:
    assert parse_rfc3339(text) == at_ms


@pytest.mark.parametrize("text", ["", "1970-01-01T00:00:00", "1970-01-01", "yesterday", "0"])
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01 00:00:00Z",
        "19700101T000000Z",
        "1970-W01-4T00:00:00Z",
        "1970-01-01T00Z",
        "1970-01-01T00:00Z",
        "1970-01-01T00:00:00,5Z",
        "1970-01-01T00:00:00+00:00:01",
    ],
)
def test_iso_8601_forms_that_are_not_rfc_3339_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_rfc3339(text)


def test_the_fixed_offset_is_sao_paulos_since_daylight_saving_time_ended() -> None:
    """Every day from 2020 to 2040 at noon and at both edges of the local day."""
    zone = ZoneInfo("America/Sao_Paulo")
    first = parse_rfc3339("2020-01-01T03:00:00Z")
    last = parse_rfc3339("2041-01-01T03:00:00Z")
    for at_ms in range(first, last, DAY_MS):
        for moment_ms in (at_ms, at_ms + 12 * HOUR_MS, at_ms + DAY_MS - 1):
            moment = datetime.fromtimestamp(moment_ms / 1000, tz=UTC).astimezone(zone)
            assert moment.date() == local_date(moment_ms), moment


def test_the_local_day_turns_at_three_in_the_morning_utc() -> None:
    midnight = parse_rfc3339("2026-11-22T03:00:00Z")
    assert local_date(midnight) == date(2026, 11, 22)
    assert local_date(midnight - 1) == date(2026, 11, 21)
    assert local_day(midnight) == local_day(midnight - 1) + 1
    assert SAO_PAULO_OFFSET_MS == -3 * HOUR_MS


def test_before_the_epoch_days_count_down() -> None:
    assert local_day(-1, 0) == -1
    assert local_date(-1, 0) == date(1969, 12, 31)


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    for day in range(-800, 30_000, 13):
        calendar = date.fromordinal(date(1970, 1, 1).toordinal() + day)
        monday = date.fromordinal(date(1970, 1, 1).toordinal() + first_day_of_week(day))
        first = date.fromordinal(date(1970, 1, 1).toordinal() + first_day_of_month(day))
        assert monday.weekday() == 0
        assert 0 <= (calendar - monday).days <= 6
        assert first == calendar.replace(day=1)


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
    ],
)
def test_age_is_in_completed_years(born: date, today: date, years: int) -> None:
    assert full_years(born, today) == years
