"""Limits on regulatory days, weeks and months and on one game session, decided inside the command
that plays.

Windows are calendar windows of the wallet's jurisdiction (day, week from Monday, month; the offset
of its days from UTC is fixed at the opening), and the game session from its opening on. A bet
counts when it is placed; loss is judged at its worst, the whole stake lost, so a limit is never
passed by a result. Active play is the sum of the gaps of at most five minutes between one bet and
the next, counted on the day of the later bet, in the game session between two bets of it. Of the
player's limit and the operator's the stricter binds. Sources: Portaria SPA/MF 1.231/2024 art. 4
(time, loss, deposits, number of bets per day, week, month) and GLI-19 §2.5.5.
"""

from collections.abc import Iterable
from typing import Final, NoReturn

from shared.kernel.errors import Problem, Rejected
from shared.kernel.times import (
    DAY_MS,
    MINUTE_MS,
    first_day_of_month,
    first_day_of_week,
    local_day,
    rfc3339,
)
from shared.kernel.values import altered, value
from shared.wallet import errors
from shared.wallet.model import PERIODS, DayUsage, GameSession, Limit

ACTIVE_GAP_MS: Final = 5 * MINUTE_MS
WARNING_PERCENT: Final = 90
SESSION: Final = "session"
"""The period that is one game session."""

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


NOTHING: Final = Totals()


@value
class SessionUse:
    """What a game session saw, and when it was active last: at its opening, then at each bet."""

    totals: Totals
    last_active_at: int


@value
class Usage:
    """Today's row, the totals of the three windows that hold today, and the game session's for a
    bet that has one.
    """

    today: DayUsage
    daily: Totals
    weekly: Totals
    monthly: Totals
    last_bet_at: int
    session: SessionUse | None = None

    def window(self, period: str) -> Totals:
        """The totals of a window; of nothing for a bet outside of a game session."""
        match period:
            case "daily":
                return self.daily
            case "weekly":
                return self.weekly
            case "monthly":
                return self.monthly
            case _:
                return NOTHING if self.session is None else self.session.totals

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

        day = self.today
        today = DayUsage(
            day.day,
            day.wagered_minor + wagered,
            day.won_minor + won,
            day.deposited_minor + deposited,
            day.bets + bets,
            day.play_ms + play_ms,
            day.last_bet_at,
        )
        session = self.session
        if session is not None:
            session = SessionUse(added(session.totals), session.last_active_at)
        return Usage(
            today,
            added(self.daily),
            added(self.weekly),
            added(self.monthly),
            self.last_bet_at,
            session,
        )

    def with_bet(self, stake_minor: int, now_ms: int) -> "Usage":
        """With a bet of `stake_minor` placed now, and the play time since the bet before it."""
        active = active_ms(self.last_bet_at, now_ms) if self.last_bet_at else 0
        after = self.plus(wagered=stake_minor, bets=1, play_ms=active)
        session = after.session
        if session is not None:
            own = active_ms(session.last_active_at, now_ms) if session.totals.bets > 1 else 0
            played = altered(session.totals, play_ms=session.totals.play_ms - active + own)
            session = SessionUse(played, max(session.last_active_at, now_ms))
        today = altered(after.today, last_bet_at=now_ms)
        return altered(after, today=today, last_bet_at=now_ms, session=session)

    def moved_to(self, today: DayUsage) -> "Usage | None":
        """The usage once `today` is what its day has seen; None when it is another day."""
        before = self.today
        if today.day != before.day:
            return None
        moved = self.plus(
            wagered=today.wagered_minor - before.wagered_minor,
            won=today.won_minor - before.won_minor,
            deposited=today.deposited_minor - before.deposited_minor,
            bets=today.bets - before.bets,
            play_ms=today.play_ms - before.play_ms,
        )
        last_bet_at = max(today.last_bet_at, self.last_bet_at)
        return Usage(today, moved.daily, moved.weekly, moved.monthly, last_bet_at)

    def of_session(self, session: GameSession) -> "Usage":
        """With the use of the game session that a bet is placed in."""
        totals = Totals(
            wagered_minor=session.wagered_minor,
            won_minor=session.won_minor,
            bets=session.bets,
            play_ms=session.play_ms,
        )
        return altered(self, session=SessionUse(totals, session.last_active_at))


@value
class Windows:
    """First days of the windows that hold a moment, as numbers of `local_day`."""

    day: int
    week: int
    month: int


def windows_at(now_ms: int, day_offset_ms: int) -> Windows:
    """The windows that hold `now_ms` where days are `day_offset_ms` ahead of UTC's."""
    return windows_of(local_day(now_ms, day_offset_ms))


def windows_of(day: int) -> Windows:
    """The windows that hold a day."""
    return Windows(day, first_day_of_week(day), first_day_of_month(day))


def window_ends_at(period: str, now_ms: int, day_offset_ms: int) -> int:
    """UTC milliseconds at which the window of `period` that holds `now_ms` is over."""
    windows = windows_at(now_ms, day_offset_ms)
    next_day = {
        "daily": windows.day + 1,
        "weekly": windows.week + 7,
        "monthly": first_day_of_month(windows.month + 31),
    }[period]
    return next_day * DAY_MS - day_offset_ms


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


def refuse_bet_over_limit(
    limits: Iterable[Limit], after: Usage, now_ms: int, day_offset_ms: int
) -> None:
    """Refuse a bet whose worst outcome passes a limit; `after` already holds the bet, not a win.

    Raises:
        Rejected: `limit_time`, `limit_bet_count`, `limit_wager` or `limit_loss`, in this order;
            for one kind the shortest period first.
    """
    values = strictest(limits)
    for kind, problem in _BET_CHECKS:
        # The session's comes last: where a window is used up, opening another one does not help.
        for period in (*PERIODS, SESSION) if after.session is not None else PERIODS:
            value = values.get((kind, period))
            if value is not None and _passes(kind, value, after.window(period)):
                _refuse(problem, kind, period, value, now_ms, day_offset_ms)


def refuse_deposit_over_limit(
    limits: Iterable[Limit], usage: Usage, expected_minor: int, now_ms: int, day_offset_ms: int
) -> None:
    """Refuse a deposit of which, with those still expected, a deposit limit would be passed.
    Deposits count in full: a withdrawal gives nothing back.

    Raises:
        Rejected: `limit_deposit`, shortest period first.
    """
    values = strictest(limits)
    for period in PERIODS:
        value = values.get(("deposit", period))
        if value is not None and usage.window(period).deposited_minor + expected_minor > value:
            _refuse(errors.LIMIT_DEPOSIT, "deposit", period, value, now_ms, day_offset_ms)


def strictest(limits: Iterable[Limit]) -> dict[tuple[str, str], int]:
    """What binds, by kind and period: the least of what the player and the operator have set."""
    values: dict[tuple[str, str], int] = {}
    for limit in limits:
        name = (limit.kind, limit.period)
        value = values.get(name)
        if value is None or limit.value < value:
            values[name] = limit.value
    return values


def warnings(limits: Iterable[Limit], usage: Usage) -> list[dict[str, object]]:
    """The limits of play that are used to 90 per cent or more, for the answer of a round."""
    return [
        warning
        for (kind, period), value in strictest(limits).items()
        if kind != "deposit"
        and (period != SESSION or usage.session is not None)
        and (warning := _warning(kind, period, value, used(kind, usage.window(period))))
    ]


def deposit_warnings(
    limits: Iterable[Limit], usage: Usage, expected_minor: int
) -> list[dict[str, object]]:
    """The deposit limits of which 90 per cent are used, with the deposits that are expected."""
    return [
        warning
        for (kind, period), value in strictest(limits).items()
        if kind == "deposit"
        and (
            warning := _warning(
                kind, period, value, usage.window(period).deposited_minor + expected_minor
            )
        )
    ]


def _warning(kind: str, period: str, value: int, amount: int) -> dict[str, object] | None:
    if amount * 100 < value * WARNING_PERCENT:
        return None
    return {"kind": kind, "period": period, "used": amount, "value": value}


def active_ms(since_ms: int, now_ms: int) -> int:
    """The gap as active play; nothing when it is longer than play can be interrupted."""
    gap = now_ms - since_ms
    return gap if 0 <= gap <= ACTIVE_GAP_MS else 0


def _passes(kind: str, value: int, after: Totals) -> bool:
    if kind == "time":
        return after.play_ms > value * MINUTE_MS
    return used(kind, after) > value


def _refuse(
    problem: Problem, kind: str, period: str, value: int, now_ms: int, day_offset_ms: int
) -> NoReturn:
    """A window says when it ends; a game session ends when the player opens another one."""
    until: dict[str, object] = {}
    if period != SESSION:
        ends_at = window_ends_at(period, now_ms, day_offset_ms)
        until = {"resets_at": rfc3339(ends_at), "retry_after": -(-(ends_at - now_ms) // 1000)}
    raise Rejected(
        problem,
        f"the {period} {kind} limit is {value}",
        limit={"kind": kind, "period": period, "value": value},
        **until,
    )
