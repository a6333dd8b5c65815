"""Limits of the player on regulatory days, weeks and months, decided inside the command that plays.

Windows are calendar windows of São Paulo (day, week from Monday, month). A bet counts when it is
placed; loss is judged at its worst, the whole stake lost, so a limit is never passed by a result.
Active play is the sum of the gaps of at most five minutes between one bet and the next, counted on
the day of the later bet. Sources: Portaria SPA/MF 1.231/2024 art. 4 (time, loss, deposits, number
of bets per day, week, month) and GLI-19 §2.5.5.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NoReturn

from shared.kernel.errors import Problem, Rejected
from shared.kernel.times import (
    DAY_MS,
    MINUTE_MS,
    SAO_PAULO_OFFSET_MS,
    first_day_of_month,
    first_day_of_week,
    local_day,
    rfc3339,
)
from shared.kernel.values import value
from shared.wallet import errors
from shared.wallet.model import PERIODS, DayUsage, Limit

ACTIVE_GAP_MS: Final = 5 * MINUTE_MS
WARNING_PERCENT: Final = 90

_BET_CHECKS: Final[tuple[tuple[str, Problem], ...]] = (
    ("time", errors.LIMIT_TIME),
    ("bet_count", errors.LIMIT_BET_COUNT),
    ("wager", errors.LIMIT_WAGER),
    ("loss", errors.LIMIT_LOSS),
)


@value
class Totals:
    """What one window saw."""

    wagered_minor: int = 0
    won_minor: int = 0
    deposited_minor: int = 0
    bets: int = 0
    play_ms: int = 0

    @property
    def loss_minor(self) -> int:
        """Net loss; negative when the player is ahead."""
        return self.wagered_minor - self.won_minor


@value
class Usage:
    """Today's row and the totals of the three windows that hold today."""

    today: DayUsage
    daily: Totals
    weekly: Totals
    monthly: Totals
    last_bet_at: int

    def window(self, period: str) -> Totals:
        return {"daily": self.daily, "weekly": self.weekly, "monthly": self.monthly}[period]

    def plus(
        self, *, wagered: int = 0, won: int = 0, deposited: int = 0, bets: int = 0, play_ms: int = 0
    ) -> "Usage":
        """With the amounts added to today and to every window."""

        def added(totals: Totals) -> Totals:
            return Totals(
                totals.wagered_minor + wagered,
                totals.won_minor + won,
                totals.deposited_minor + deposited,
                totals.bets + bets,
                totals.play_ms + play_ms,
            )

        today = replace(
            self.today,
            wagered_minor=self.today.wagered_minor + wagered,
            won_minor=self.today.won_minor + won,
            deposited_minor=self.today.deposited_minor + deposited,
            bets=self.today.bets + bets,
            play_ms=self.today.play_ms + play_ms,
        )
        return Usage(
            today, added(self.daily), added(self.weekly), added(self.monthly), self.last_bet_at
        )

    def with_bet(self, stake_minor: int, now_ms: int) -> "Usage":
        """With a bet of `stake_minor` placed now, and the play time since the bet before it."""
        gap = now_ms - self.last_bet_at
        active = gap if self.last_bet_at and 0 <= gap <= ACTIVE_GAP_MS else 0
        after = self.plus(wagered=stake_minor, bets=1, play_ms=active)
        return replace(after, today=replace(after.today, last_bet_at=now_ms), last_bet_at=now_ms)


@value
class Windows:
    """First days of the windows that hold a moment, as numbers of `local_day`."""

    day: int
    week: int
    month: int


def windows_at(now_ms: int) -> Windows:
    """The windows of the regulatory calendar at `now_ms`."""
    day = local_day(now_ms)
    return Windows(day, first_day_of_week(day), first_day_of_month(day))


def window_ends_at(period: str, now_ms: int) -> int:
    """UTC milliseconds at which the window of `period` that holds `now_ms` is over."""
    windows = windows_at(now_ms)
    next_day = {
        "daily": windows.day + 1,
        "weekly": windows.week + 7,
        "monthly": first_day_of_month(windows.month + 31),
    }[period]
    return next_day * DAY_MS - SAO_PAULO_OFFSET_MS


def used(kind: str, totals: Totals) -> int:
    """Use of a limit in its own unit; play time is rounded up to whole minutes."""
    match kind:
        case "deposit":
            return totals.deposited_minor
        case "loss":
            return max(0, totals.loss_minor)
        case "wager":
            return totals.wagered_minor
        case "bet_count":
            return totals.bets
        case _:
            return -(-totals.play_ms // MINUTE_MS)


def refuse_bet_over_limit(limits: Iterable[Limit], after: Usage, now_ms: int) -> None:
    """Refuse a bet whose worst outcome passes a limit; `after` already holds the bet, not a win.

    Raises:
        Rejected: `limit_time`, `limit_bet_count`, `limit_wager` or `limit_loss`, in this order;
            for one kind the shortest period first.
    """
    values = {(limit.kind, limit.period): limit.value for limit in limits}
    for kind, problem in _BET_CHECKS:
        for period in PERIODS:
            value = values.get((kind, period))
            if value is not None and _passes(kind, value, after.window(period)):
                _refuse(problem, kind, period, value, now_ms)


def refuse_deposit_over_limit(
    limits: Iterable[Limit], usage: Usage, expected_minor: int, now_ms: int
) -> None:
    """Refuse a deposit of which, with those still expected, a deposit limit would be passed.

    Raises:
        Rejected: `limit_deposit`, shortest period first.
    """
    values = {limit.period: limit.value for limit in limits if limit.kind == "deposit"}
    for period in PERIODS:
        value = values.get(period)
        if value is not None and usage.window(period).deposited_minor + expected_minor > value:
            _refuse(errors.LIMIT_DEPOSIT, "deposit", period, value, now_ms)


def warnings(limits: Sequence[Limit], usage: Usage) -> list[dict[str, object]]:
    """The limits of play that are used to 90 per cent or more, for the answer of a round."""
    reached: list[dict[str, object]] = []
    for limit in limits:
        if limit.kind == "deposit":
            continue
        amount = used(limit.kind, usage.window(limit.period))
        if amount * 100 >= limit.value * WARNING_PERCENT:
            reached.append(
                {"kind": limit.kind, "period": limit.period, "used": amount, "value": limit.value}
            )
    return reached


def _passes(kind: str, value: int, after: Totals) -> bool:
    if kind == "time":
        return after.play_ms > value * MINUTE_MS
    return used(kind, after) > value


def _refuse(problem: Problem, kind: str, period: str, value: int, now_ms: int) -> NoReturn:
    ends_at = window_ends_at(period, now_ms)
    raise Rejected(
        problem,
        f"the {period} {kind} limit is {value}",
        limit={"kind": kind, "period": period, "value": value},
        resets_at=rfc3339(ends_at),
        retry_after=-(-(ends_at - now_ms) // 1000),
    )
