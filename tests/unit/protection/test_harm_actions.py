"""What is done at each level, how often, and what the wallet is told of it."""

import pytest
from unit.protection.streams_of_play import NOON, POLICY, TODAY, by_day, days_ago, person

from shared.kernel.times import DAY_MS, HOUR_MS
from shared.protection.decide import deposit_limit, lift, lift_is_due, plan_at, plan_of
from shared.protection.model import LEVELS, Hit, Level, Plan, Taken, restrictions

WEEK_MS = 7 * DAY_MS


def planned(level: Level, *taken: tuple[Level, int], evidence_ago_ms: int = 0) -> Plan | None:
    """The plan at NOON; `taken` are levels and how long ago."""
    hits = {"RG-M01": Hit(at_ms=NOON - evidence_ago_ms, values={})}
    before = [Taken(level=done, at_ms=NOON - ago) for done, ago in taken]
    return plan_at(level, hits, before, POLICY, 5_000, NOON)


def test_each_level_has_its_action() -> None:
    plans = {level: planned(level) for level in LEVELS}
    assert plans.pop("none") is None
    told = {level: (plan.action, plan.blocks_bonus) for level, plan in plans.items() if plan}
    assert told == {
        "low": ("message", False),
        "medium": ("acknowledge", True),
        "high": ("choose", True),
        "critical": ("pause", True),
    }


def test_a_person_talks_to_the_player_within_48_and_24_hours() -> None:
    due = {level: plan.contact_within_ms for level in LEVELS if (plan := planned(level))}
    assert due == {"low": None, "medium": None, "high": 48 * HOUR_MS, "critical": 24 * HOUR_MS}


def test_critical_pauses_for_a_day_and_lowers_the_deposit_limit() -> None:
    plan = planned("critical")
    assert plan is not None
    assert (plan.pause_ms, plan.deposit_limit_minor) == (24 * HOUR_MS, 5_000)


@pytest.mark.parametrize("level", ["low", "medium", "high", "critical"])
def test_a_level_is_answered_once_in_seven_days(level: Level) -> None:
    assert planned(level, (level, WEEK_MS - 1)) is None
    assert planned(level, (level, WEEK_MS)) is not None


def test_a_higher_level_never_waits_and_a_lower_one_says_nothing_more() -> None:
    assert planned("high", ("medium", 1)) is not None
    assert planned("medium", ("high", 1)) is None


def test_without_new_evidence_nobody_is_spoken_to_again() -> None:
    assert planned("low", ("low", 2 * WEEK_MS), evidence_ago_ms=2 * WEEK_MS) is None
    assert planned("low", ("low", 2 * WEEK_MS), evidence_ago_ms=2 * WEEK_MS - 1) is not None


def test_restrictions_begin_at_medium_and_grow_at_high() -> None:
    found = [
        (level, closed.bonus, closed.vip_promotion, closed.marketing, closed.vip_benefits)
        for level in LEVELS
        for closed in [restrictions(level)]
    ]
    assert found == [
        ("none", False, False, False, False),
        ("low", False, False, False, False),
        ("medium", True, True, False, False),
        ("high", True, True, True, True),
        ("critical", True, True, True, True),
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_a_stop_of_bonuses_is_lifted_below_medium(level: Level) -> None:
    assert lift_is_due(level, bonus_is_stopped=True) is (level in ("none", "low"))
    assert not lift_is_due(level, bonus_is_stopped=False)
    assert not lift(level).blocks_bonus


def test_the_lowered_limit_is_half_of_a_mean_week_and_never_below_its_floor() -> None:
    days = by_day(days_ago(27, deposited_minor=60_000), days_ago(0, deposited_minor=20_000))
    assert deposit_limit(days, TODAY, person(), POLICY, None) == 10_000
    assert deposit_limit({}, TODAY, person(), POLICY, None) == 5_000
    older = by_day(days_ago(28, deposited_minor=900_000))
    assert deposit_limit(older, TODAY, person(), POLICY, None) == 5_000


def test_the_houses_own_limit_is_never_raised_by_a_second_intervention() -> None:
    days = by_day(days_ago(0, deposited_minor=800_000))
    assert deposit_limit(days, TODAY, person(), POLICY, 7_000) == 7_000
    assert deposit_limit(days, TODAY, person(), POLICY, 700_000) == 100_000


def test_a_currency_without_a_floor_gets_no_limit_by_guess() -> None:
    assert deposit_limit({}, TODAY, person(currency="JPY"), POLICY, None) is None


def test_staff_may_take_the_action_of_any_level_but_none() -> None:
    assert plan_of("none", POLICY, None) is None
    assert all(plan_of(level, POLICY, None) for level in LEVELS[1:])
