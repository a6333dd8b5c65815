"""A score halves in fourteen days, stops at 100, and its levels begin where they say."""

import pytest
from unit.protection.streams_of_play import NOON, POLICY, person

from shared.kernel.times import DAY_MS
from shared.protection.model import Hit, Level, Reading
from shared.protection.score import level_of, score_at, weight_percent, with_readings


def hits(*markers: str, days_ago: int = 0) -> dict[str, Hit]:
    return {marker: Hit(at_ms=NOON - days_ago * DAY_MS, values={}) for marker in markers}


def parts_of(days_ago: int, **facts: object) -> int:
    found = score_at(hits("RG-M01", days_ago=days_ago), person(**facts), POLICY, NOON)
    return found.parts.get("RG-M01", 0)


@pytest.mark.parametrize(
    ("days", "thousandths"),
    [(0, 20_000), (7, 14_142), (14, 10_000), (28, 5_000), (42, 2_500), (14 * 12, 5)],
)
def test_twenty_points_halve_every_fourteen_days(days: int, thousandths: int) -> None:
    assert parts_of(days) == thousandths


def test_what_is_half_a_year_old_is_forgotten() -> None:
    assert parts_of(14 * 12 + 1) == 0


def test_a_score_is_rounded_to_the_nearest_point() -> None:
    assert score_at(hits("RG-M09", days_ago=14), person(), POLICY, NOON).value == 3
    assert score_at(hits("RG-M01", days_ago=7), person(), POLICY, NOON).value == 14


def test_all_markers_together_stop_at_one_hundred() -> None:
    found = score_at(hits(*POLICY.points), person(), POLICY, NOON)
    assert sum(POLICY.points.values()) > 100
    assert (found.value, found.level) == (100, "critical")


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0, "none"),
        (19, "none"),
        (20, "low"),
        (39, "low"),
        (40, "medium"),
        (59, "medium"),
        (60, "high"),
        (79, "high"),
        (80, "critical"),
        (100, "critical"),
    ],
)
def test_levels_begin_where_they_say(value: int, level: Level) -> None:
    assert level_of(value, POLICY) == level


@pytest.mark.parametrize(
    ("born", "percent"),
    [
        # NOON is 2026-11-22 in São Paulo.
        ("2008-11-22", 125),
        ("2001-11-23", 125),
        ("2001-11-22", 100),
        ("1990-05-17", 100),
    ],
)
def test_until_the_25th_birthday_everything_counts_a_quarter_more(born: str, percent: int) -> None:
    assert weight_percent(person(born=born), POLICY, NOON) == percent
    assert parts_of(0, born=born) == 200 * percent


def test_a_marker_counts_once_by_its_latest_evidence() -> None:
    old = hits("RG-M01", days_ago=10)
    newer = Reading(marker="RG-M01", holds=True, values={"observed": 4}, evidence_at=NOON)
    older = Reading(marker="RG-M01", holds=True, evidence_at=NOON - 20 * DAY_MS)
    gone = Reading(marker="RG-M01", holds=False)
    assert with_readings(old, [newer])["RG-M01"] == Hit(at_ms=NOON, values={"observed": 4})
    assert with_readings(old, [older]) == old
    assert with_readings(old, [gone]) == old


def test_looking_twice_changes_nothing() -> None:
    reading = Reading(marker="RG-M04", holds=True, evidence_at=NOON - DAY_MS)
    once = with_readings({}, [reading])
    twice = with_readings(once, [reading])
    assert score_at(once, person(), POLICY, NOON) == score_at(twice, person(), POLICY, NOON)


def test_a_marker_that_the_policy_no_longer_knows_counts_nothing() -> None:
    assert score_at(hits("RG-M99"), person(), POLICY, NOON).value == 0
