"""The clock of an impeded player: day 0, 1, 2, 3, 5 and 180, at their edges."""

from dataclasses import replace
from datetime import date

import pytest

from shared.compliance.model import profile_at
from shared.compliance.registers.offboarding import (
    Case,
    alarms,
    deadlines,
    has_ended,
    state_of,
    steps_due,
    wake_at,
)
from shared.compliance.rules import Offboarding
from shared.kernel.times import DAY_MS, HOUR_MS, parse_rfc3339

DAY_0 = parse_rfc3339("2026-12-30T22:00:00-03:00")
"""The days run over the end of the year."""
IN_FORCE = profile_at("br", date(2026, 12, 30)).offboarding
assert IN_FORCE is not None
RULES: Offboarding = IN_FORCE
FOUND = Case(DAY_0)
NOTIFIED = replace(FOUND, notified_at=DAY_0 + HOUR_MS)
CLOSED = replace(NOTIFIED, closed_at=DAY_0 + 5 * DAY_MS // 2)


def day(count: float) -> int:
    return DAY_0 + int(count * DAY_MS)


def due(case: Case, at_ms: int) -> tuple[str, ...]:
    return steps_due(case, RULES, at_ms)


def test_the_notice_is_due_with_the_answer_and_within_a_day() -> None:
    assert due(FOUND, DAY_0) == ("notify",)
    assert deadlines(FOUND, RULES).notify_by == day(1)
    assert state_of(FOUND, RULES, DAY_0) == "IMPEDED"
    assert state_of(NOTIFIED, RULES, day(1)) == "NOTIFIED"


def test_whoever_has_not_shown_who_they_are_is_told_as_late_as_is_safe() -> None:
    stranger = replace(FOUND, is_identified=False)
    times = deadlines(stranger, RULES)
    assert times.notify_from == day(0.5) < times.notify_by == day(1)
    assert due(stranger, day(0.5) - 1) == ()
    assert due(stranger, day(0.5)) == ("notify",)
    assert not alarms(stranger, RULES, day(0.5)), "there is time to try again before the first"
    told = replace(stranger, notified_at=day(0.5))
    assert deadlines(told, RULES).close_from == deadlines(NOTIFIED, RULES).close_from
    assert deadlines(told, RULES).withdraw_until == day(2.5)


def test_there_are_two_days_to_withdraw_and_the_account_closes_before_the_third_is_over() -> None:
    times = deadlines(NOTIFIED, RULES)
    assert times.withdraw_until == DAY_0 + HOUR_MS + 2 * DAY_MS
    assert times.withdraw_until <= times.close_from < times.close_by == day(3)
    assert due(NOTIFIED, times.close_from - 1) == ()
    assert due(NOTIFIED, times.close_from) == ("close",)


@pytest.mark.parametrize("late_h", range(25))
def test_a_notice_in_time_leaves_two_whole_days_before_the_account_closes(late_h: int) -> None:
    notified = DAY_0 + late_h * HOUR_MS
    times = deadlines(replace(FOUND, notified_at=notified), RULES)
    assert times.close_from >= notified + 2 * DAY_MS
    assert times.close_from <= times.close_by


def test_a_late_notice_moves_the_refund_and_never_the_closing() -> None:
    late = replace(FOUND, notified_at=day(2))
    assert deadlines(late, RULES).close_from == day(3)
    closed = replace(late, closed_at=day(3))
    assert due(closed, day(4) - 1) == ()
    assert due(closed, day(4)) == ("refund",)


def test_without_a_notice_the_account_closes_all_the_same_and_the_notice_stays_due() -> None:
    assert due(FOUND, day(3) - 1) == ("notify",)
    assert due(FOUND, day(3)) == ("notify", "close")
    closed = replace(FOUND, closed_at=day(3))
    assert due(closed, day(3)) == ("notify", "refund")


def test_no_money_is_sent_before_the_account_is_closed() -> None:
    assert "refund" not in due(NOTIFIED, day(5))
    assert due(CLOSED, day(2.5)) == ("refund",)


def test_what_is_not_sent_within_two_days_of_the_closing_is_unclaimed() -> None:
    by = deadlines(CLOSED, RULES).refund_by
    assert by == day(4.5) <= day(5)
    assert state_of(CLOSED, RULES, by) == "CLOSED"
    assert state_of(CLOSED, RULES, by + 1) == "UNCLAIMED"
    assert due(CLOSED, by + 1) == ("refund",)


def test_it_is_tried_for_180_days_from_the_notice_and_then_falls_to_the_funds() -> None:
    assert CLOSED.notified_at is not None
    end = CLOSED.notified_at + 180 * DAY_MS
    assert due(CLOSED, end - 1) == ("refund",)
    assert due(CLOSED, end) == ("escheat",)
    assert state_of(CLOSED, RULES, end) == "UNCLAIMED"
    assert state_of(replace(CLOSED, escheated_at=end), RULES, end) == "ESCHEATED"


def test_money_of_somebody_who_was_never_told_falls_to_nobody() -> None:
    silent = replace(FOUND, closed_at=day(3))
    assert due(silent, day(1000)) == ("notify", "refund")


def test_a_case_ends_with_the_money_where_it_belongs_and_the_person_told() -> None:
    refunded = replace(CLOSED, refunded_at=day(3))
    assert has_ended(refunded)
    assert state_of(refunded, RULES, day(400)) == "REFUNDED"
    assert due(refunded, day(400)) == ()
    assert alarms(refunded, RULES, day(400)) == ()
    assert not has_ended(replace(refunded, notified_at=None))
    assert due(replace(refunded, notified_at=None), day(400)) == ("notify",)
    assert has_ended(replace(CLOSED, escheated_at=day(200)))


@pytest.mark.parametrize(
    ("case", "step", "due_at"),
    [(FOUND, "notify", day(1)), (NOTIFIED, "close", day(3)), (CLOSED, "refund", day(4.5))],
)
def test_an_alarm_stands_before_its_deadline_passes(case: Case, step: str, due_at: int) -> None:
    lead = 6 * HOUR_MS
    assert step not in {alarm.step for alarm in alarms(case, RULES, due_at - lead - 1)}
    [ahead] = [a for a in alarms(case, RULES, due_at - lead) if a.step == step]
    assert (ahead.due_at, ahead.is_late) == (due_at, False)
    [on_time] = [a for a in alarms(case, RULES, due_at) if a.step == step]
    assert not on_time.is_late
    [late] = [a for a in alarms(case, RULES, due_at + 1) if a.step == step]
    assert late.is_late


def test_whoever_sleeps_until_told_misses_no_step_and_no_alarm() -> None:
    for case in (FOUND, replace(FOUND, is_identified=False), NOTIFIED, CLOSED):
        now: int | None = DAY_0
        seen: set[tuple[object, ...]] = set()
        while now is not None and now < day(200):
            seen.add((due(case, now), alarms(case, RULES, now)))
            now = wake_at(case, RULES, now)
        every_hour = {
            (due(case, at), alarms(case, RULES, at)) for at in range(DAY_0, day(200), HOUR_MS)
        }
        assert every_hour == seen


def test_another_law_has_another_clock() -> None:
    quick = replace(RULES, close_days=1, voluntary_days=1, lead_hours=0, notice_days=0)
    assert deadlines(FOUND, quick).close_from == day(1)
    assert steps_due(NOTIFIED, quick, day(1)) == ("close",)
