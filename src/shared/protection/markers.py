"""Markers RG-M01 to RG-M14: each a pure reading of the days at a moment.

Windows are days of the jurisdiction's calendar that end with the day of `at_ms`: seven days are
today and the six before it. A marker that lacks what it needs says so in `missing` and never holds.
A reading names the latest fact that it rests on, so that a marker fades with the age of its
evidence and not with the day on which somebody looked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, local_day
from shared.protection.model import Day, Person, Reading
from shared.protection.policy import Thresholds
from shared.protection.stakes import percentile_of
from shared.protection.state import State

WEEK: Final = 7
MONTH: Final = 28
DAYS_READ: Final = 61
"""No marker looks further back."""


@dataclass(frozen=True, slots=True)
class View:
    """What the markers look at."""

    at_ms: int
    days: Mapping[int, Day]
    state: State
    person: Person
    thresholds: Thresholds

    @property
    def today(self) -> int:
        return local_day(self.at_ms, self.person.day_offset_ms)

    def last(self, count: int, before: int = 0) -> list[Day]:
        """Days of a window of `count` days that ended `before` days ago, oldest first; days on
        which nothing happened are left out.
        """
        end = self.today - before
        return [self.days[day] for day in range(end - count + 1, end + 1) if day in self.days]

    def knows(self, days: int) -> bool:
        """True when the player's first bet was at least `days` days ago."""
        first = self.state.first_bet_at
        return bool(first) and self.at_ms - first >= days * DAY_MS


def read_all(view: View) -> tuple[Reading, ...]:
    """Every marker at the moment of the view, in their order."""
    return tuple(marker(view) for marker in _MARKERS)


def _reading(
    marker: str, view: View, seen: Iterable[int], *, holds: bool, **values: int
) -> Reading:
    """`seen` are the times of the facts behind it."""
    evidence = max((at for at in seen if at), default=view.at_ms)
    return Reading(
        marker=marker,
        holds=holds,
        values=values,
        evidence_at=min(evidence, view.at_ms) if holds else None,
    )


def _missing(marker: str, why: str) -> Reading:
    return Reading(marker=marker, holds=False, missing=why)


def _counted(
    view: View, marker: str, days: Sequence[Day], count: Callable[[Day], int], threshold: int
) -> Reading:
    """A sum over days that reaches its threshold."""
    found = sum(count(day) for day in days)
    seen = (day.last_at for day in days if count(day))
    return _reading(
        marker, view, seen, holds=found >= threshold, observed=found, threshold=threshold
    )


def _chasing(view: View) -> Reading:
    return _counted(view, "RG-M01", view.last(WEEK), lambda day: day.chases, view.thresholds.chases)


def _stakes(view: View) -> Reading:
    limits = view.thresholds
    now, before = view.last(WEEK), view.last(MONTH, before=WEEK)
    bets, bets_before = sum(day.bets for day in now), sum(day.bets for day in before)
    if min(bets, bets_before) < limits.stake_least_bets:
        return _missing("RG-M02", "too_few_bets")
    staked = sum(day.staked_minor for day in now)
    staked_before = sum(day.staked_minor for day in before)
    return _reading(
        "RG-M02",
        view,
        (day.last_at for day in now if day.bets),
        holds=staked * bets_before >= limits.stake_times * staked_before * bets,
        mean_minor=staked // bets,
        mean_before_minor=staked_before // bets_before,
        times=limits.stake_times,
    )


def _loss(view: View) -> Reading:
    limits = view.thresholds
    least = limits.loss_least_minor.get(view.person.currency)
    if least is None:
        return _missing("RG-M03", "no_threshold_in_this_currency")
    before = view.last(MONTH, before=WEEK)
    if not any(day.bets for day in before):
        return _missing("RG-M03", "no_play_before")
    now = view.last(WEEK)
    loss = sum(day.loss_minor for day in now)
    loss_before = max(0, sum(day.loss_minor for day in before))
    weeks = MONTH // WEEK
    return _reading(
        "RG-M03",
        view,
        (day.last_at for day in now if day.bets),
        holds=loss >= least and loss * weeks >= limits.loss_times * loss_before,
        loss_minor=loss,
        weekly_before_minor=loss_before // weeks,
        least_minor=least,
        times=limits.loss_times,
    )


def _deposits(view: View) -> Reading:
    limits, days = view.thresholds, view.last(WEEK)
    in_a_day = max((day.deposits_in_a_day for day in days), default=0)
    in_an_hour = max((day.deposits_in_an_hour for day in days), default=0)
    behind = [
        day.last_at
        for day in days
        if day.deposits_in_a_day >= limits.deposits_in_a_day
        or day.deposits_in_an_hour >= limits.deposits_in_an_hour
    ]
    return _reading(
        "RG-M04", view, behind, holds=bool(behind), in_a_day=in_a_day, in_an_hour=in_an_hour
    )


def _failed_deposits(view: View) -> Reading:
    threshold = view.thresholds.failed_deposits_in_a_day
    recent = sorted(at for at in view.person.failed_deposits if at > view.at_ms - WEEK * DAY_MS)
    most, behind = 0, 0
    for index, at in enumerate(recent):
        within = sum(1 for other in recent[: index + 1] if other > at - DAY_MS)
        most = max(most, within)
        if within >= threshold:
            behind = at
    return _reading(
        "RG-M05", view, (behind,), holds=most >= threshold, observed=most, threshold=threshold
    )


def _cancelled(view: View) -> Reading:
    threshold = view.thresholds.cancelled_withdrawals
    return _counted(view, "RG-M06", view.last(WEEK), lambda day: day.cancelled, threshold)


def _nights(view: View) -> Reading:
    limits = view.thresholds
    least_ms = limits.night_minutes * MINUTE_MS
    return _counted(
        view, "RG-M07", view.last(WEEK), lambda day: int(day.night_ms >= least_ms), limits.nights
    )


def _long_sessions(view: View) -> Reading:
    limits, days = view.thresholds, view.last(WEEK)
    behind = [
        day.last_at
        for day in days
        if day.longest_ms >= limits.session_hours * HOUR_MS
        or day.play_ms >= limits.day_hours * HOUR_MS
    ]
    return _reading(
        "RG-M08",
        view,
        behind,
        holds=bool(behind),
        longest_minutes=max((day.longest_ms for day in days), default=0) // MINUTE_MS,
        day_minutes=max((day.play_ms for day in days), default=0) // MINUTE_MS,
    )


def _days_played(view: View) -> Reading:
    limits = view.thresholds
    played = [day for day in view.last(WEEK) if day.bets > 0]
    before = sum(day.bets > 0 for day in view.last(MONTH, before=WEEK))
    weeks = MONTH // WEEK
    is_more = view.knows(MONTH + WEEK) and len(played) * weeks - before >= limits.days_more * weeks
    return _reading(
        "RG-M09",
        view,
        (day.last_at for day in played),
        holds=len(played) >= limits.days_played or is_more,
        observed=len(played),
        threshold=limits.days_played,
        in_four_weeks_before=before,
    )


def _limits(view: View) -> Reading:
    limits = view.thresholds
    month, week = view.last(limits.limit_raises_days), view.last(WEEK)
    raises, reached = sum(day.loosened for day in month), sum(day.reached for day in week)
    seen = [day.last_at for day in month if day.loosened and raises >= limits.limit_raises]
    seen += [day.last_at for day in week if day.reached and reached >= limits.limits_reached]
    return _reading("RG-M10", view, seen, holds=bool(seen), raises=raises, reached=reached)


def _returns(view: View) -> Reading:
    limits = view.thresholds
    days = view.last(max(limits.pauses_days, WEEK))
    pauses = sum(day.paused for day in days)
    seen = [day.last_at for day in days if day.paused and pauses >= limits.pauses]
    seen += [day.last_at for day in view.last(WEEK) if day.returned]
    returns = sum(day.returned for day in view.last(WEEK))
    return _reading("RG-M11", view, seen, holds=bool(seen), pauses=pauses, returns=returns)


def _income(view: View) -> Reading:
    limits, income = view.thresholds, view.person.income_minor
    if income is None:
        return _missing("RG-M12", "no_declared_income")
    days = view.last(limits.income_days)
    loss = sum(day.loss_minor for day in days)
    return _reading(
        "RG-M12",
        view,
        (day.last_at for day in days if day.bets),
        holds=loss * 100 > income * limits.income_percent,
        loss_minor=loss,
        percent=limits.income_percent,
    )


def _pace(view: View) -> Reading:
    limits, days = view.thresholds, view.last(view.thresholds.pace_days)
    many = [day.last_at for day in days if day.games_in_an_hour >= limits.games_in_an_hour]
    games = max((day.games_in_an_hour for day in days), default=0)
    before = view.last(MONTH, before=limits.pace_days)
    hours: dict[int, int] = {}
    for day in before:
        for bets in day.hours.values():
            hours[bets] = hours.get(bets, 0) + 1
    usual = percentile_of([hours], limits.pace_percentile, limits.pace_least_hours)
    if usual is None and not many:
        return _missing("RG-M13", "too_few_hours_of_play")
    faster = [
        day.last_at
        for day in days
        if usual is not None and max(day.hours.values(), default=0) > usual
    ]
    seen = many + (faster if len(faster) >= limits.pace_days else [])
    return _reading(
        "RG-M13",
        view,
        seen,
        holds=bool(seen),
        usual=usual or 0,
        days_above=len(faster),
        games_in_an_hour=games,
    )


def _contacts(view: View) -> Reading:
    since = view.at_ms - view.thresholds.contact_days * DAY_MS
    found = [at for at in view.person.contacts if at > since]
    return _reading("RG-M14", view, found, holds=bool(found), observed=len(found), threshold=1)


_MARKERS: Final[tuple[Callable[[View], Reading], ...]] = (
    _chasing,
    _stakes,
    _loss,
    _deposits,
    _failed_deposits,
    _cancelled,
    _nights,
    _long_sessions,
    _days_played,
    _limits,
    _returns,
    _income,
    _pace,
    _contacts,
)
