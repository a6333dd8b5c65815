"""Events of a wallet, in their order, counted into days: the one pass that every marker reads.

Each event is counted exactly once, on the day of its own time. A fold over a stream cut anywhere
gives the days and the state of a fold over the whole, so a tick may stop after any event. Play time
is the sum of the gaps of at most five minutes between bets, as the wallet's own time limit counts
it; a session goes on over gaps of up to thirty minutes (Portaria SPA/MF 722/2024: then it is over).
What the house itself decided (a pause or limit of its own) is never evidence about the player.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.kernel.times import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    first_day_of_month,
    first_day_of_week,
    local_day,
)
from shared.protection.model import Day, PlayEvent, Reaction
from shared.protection.policy import Thresholds
from shared.protection.stakes import bucket_of, median_of
from shared.protection.state import OPEN_ROUNDS, State, Tally, Usage

ACTIVE_GAP_MS: Final = 5 * MINUTE_MS
SESSION_GAP_MS: Final = 30 * MINUTE_MS
MEDIAN_DAYS: Final = 28
PERIODS: Final = ("daily", "weekly", "monthly")
TAKEN_BACK: Final = "taken_back"
"""Reason of a release that the player asked for. The house offers none, which RG-M06 calls best."""

OF_THE_PLAYER: Final = (None, "player")


@dataclass(frozen=True, slots=True)
class Folded:
    """Where the fold stands, the days that it touched, and reactions that it met."""

    state: State
    days: tuple[Day, ...]
    reactions: tuple[Reaction, ...]


def fold(
    state: State,
    days: Mapping[int, Day],
    events: Iterable[PlayEvent],
    day_offset_ms: int,
    thresholds: Thresholds,
) -> Folded:
    """Count `events`, which follow `state.seq` without a gap. `days` are those already counted, at
    least of the last 28; `state` is used up.
    """
    counting = _Counting(state, days, day_offset_ms, thresholds)
    for event in events:
        counting.count(event)
    touched = tuple(tally.as_day() for _, tally in sorted(counting.touched.items()))
    return Folded(counting.state, touched, tuple(counting.reactions))


class _Counting:
    """One fold under way."""

    def __init__(
        self, state: State, days: Mapping[int, Day], offset_ms: int, thresholds: Thresholds
    ) -> None:
        self.state = state
        self.touched: dict[int, Tally] = {}
        self.reactions: list[Reaction] = []
        self._known = days
        self._offset_ms = offset_ms
        self._is = thresholds

    def count(self, event: PlayEvent) -> None:
        state = self.state
        assert event.seq == state.seq + 1, (event.seq, state.seq)
        today = self._today(event.at_ms)
        today.last_at = max(today.last_at, event.at_ms)
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            handler(self, event, today)
        self._look_at_limits(today)
        state.seq = event.seq
        state.last_at = max(state.last_at, event.at_ms)

    def _today(self, at_ms: int) -> Tally:
        day = local_day(at_ms, self._offset_ms)
        if day not in self.touched:
            self.touched[day] = Tally.of(self._known.get(day) or Day(day=day))
        for period, window in zip(
            PERIODS, (day, first_day_of_week(day), first_day_of_month(day)), strict=True
        ):
            usage = self.state.usage.get(period)
            if usage is None or usage.window < window:
                self.state.usage[period] = Usage(window)
        return self.touched[day]

    def bet(self, event: PlayEvent, today: Tally) -> None:
        state, at_ms, stake = self.state, event.at_ms, event.amount_minor
        if self._raises_after_losses(stake, today.day):
            today.chases += 1
            state.losing_run = 0
        gap = at_ms - state.last_bet_at if state.last_bet_at else SESSION_GAP_MS + 1
        active = gap if 0 <= gap <= ACTIVE_GAP_MS else 0
        if gap > SESSION_GAP_MS or not state.session_began_at:
            state.session_began_at = at_ms
        hour = (at_ms + self._offset_ms) % DAY_MS // HOUR_MS
        today.bets += 1
        today.staked_minor += stake
        today.loss_minor -= event.cash_delta
        today.play_ms += active
        if self._is.night_begins_hour <= hour < self._is.night_ends_hour:
            today.night_ms += active
        today.longest_ms = max(today.longest_ms, at_ms - state.session_began_at)
        today.stakes[bucket_of(stake)] += 1
        today.hours[hour] += 1
        self._game(event, today)
        if state.excluded_until and at_ms >= state.excluded_until:
            within = self._is.return_days * DAY_MS
            today.returned += at_ms - state.excluded_until <= within
            state.excluded_until = 0
        state.first_bet_at = state.first_bet_at or at_ms
        state.last_bet_at = at_ms
        if event.round_id is not None:
            state.open_rounds[event.round_id] = (stake, -event.cash_delta)
            if len(state.open_rounds) > OPEN_ROUNDS:
                del state.open_rounds[next(iter(state.open_rounds))]
        for usage in state.usage.values():
            usage.wagered += stake
            usage.bets += 1
            usage.play_ms += active
        self._balance_after_play(event)

    def _raises_after_losses(self, stake: int, day: int) -> bool:
        """RG-M01, second half: after a losing run, a stake of at least twice the own median."""
        if self.state.losing_run < self._is.chase_losing_rounds:
            return False
        recent = (self.touched.get(d) or self._known.get(d) for d in range(day - 27, day + 1))
        median = median_of(
            (seen.stakes for seen in recent if seen), self._is.chase_median_least_bets
        )
        return median is not None and stake >= self._is.chase_median_times * median

    def _game(self, event: PlayEvent, today: Tally) -> None:
        state, hour = self.state, event.at_ms // HOUR_MS
        if hour != state.game_hour:
            state.game_hour, state.games = hour, []
        if event.game_id is not None and event.game_id not in state.games:
            state.games.append(event.game_id)
        today.games_in_an_hour = max(today.games_in_an_hour, len(state.games))

    def win(self, event: PlayEvent, today: Tally) -> None:
        state = self.state
        today.loss_minor -= event.cash_delta
        opened = state.open_rounds.pop(event.round_id or "", None)
        if opened is not None:
            stake, cash = opened
            today.settled_minor += cash
            state.losing_run = state.losing_run + 1 if event.amount_minor < stake else 0
        for usage in state.usage.values():
            usage.won += event.amount_minor
        self._balance_after_play(event)

    def released(self, event: PlayEvent, today: Tally) -> None:
        today.cancelled += event.facts.get("reason") == TAKEN_BACK

    def loosened(self, _event: PlayEvent, today: Tally) -> None:
        today.loosened += 1

    def rollback(self, event: PlayEvent, today: Tally) -> None:
        today.loss_minor -= event.cash_delta
        undone = event.facts.get("of")
        if undone == "BET":
            today.bets -= 1
            today.staked_minor -= event.amount_minor
            if self.state.open_rounds.pop(event.round_id or "", None) is None:
                today.settled_minor -= event.cash_delta
        for usage in self.state.usage.values():
            if undone == "BET":
                usage.wagered -= event.amount_minor
                usage.bets -= 1
            elif undone == "WIN":
                usage.won -= event.amount_minor

    def _balance_after_play(self, event: PlayEvent) -> None:
        """Only play makes a balance low: money that was taken out was not lost."""
        share = self._is.chase_balance_percent * self.state.last_deposit_minor
        is_low = event.spendable_after_minor * 100 < share
        self.state.low_since = event.at_ms if is_low else 0

    def deposit(self, event: PlayEvent, today: Tally) -> None:
        state, at_ms = self.state, event.at_ms
        patience_ms = self._is.chase_deposit_minutes * MINUTE_MS
        today.chases += bool(state.low_since) and at_ms - state.low_since <= patience_ms
        state.low_since = 0
        state.last_deposit_minor = event.amount_minor
        state.deposits = [at for at in state.deposits if at > at_ms - DAY_MS]
        state.deposits.append(at_ms)
        in_an_hour = sum(at > at_ms - HOUR_MS for at in state.deposits)
        today.deposits += 1
        today.deposited_minor += event.amount_minor
        today.deposits_in_an_hour = max(today.deposits_in_an_hour, in_an_hour)
        today.deposits_in_a_day = max(today.deposits_in_a_day, len(state.deposits))
        for usage in state.usage.values():
            usage.deposited += event.amount_minor

    def limit(self, event: PlayEvent, _today: Tally) -> None:
        kind, period, value = (event.facts.get(name) for name in ("kind", "period", "value"))
        is_own = event.facts.get("source") in OF_THE_PLAYER
        limits = self.state.limits if is_own else self.state.house_limits
        if isinstance(value, int):
            limits[f"{kind}.{period}"] = value
        else:
            limits.pop(f"{kind}.{period}", None)

    def _look_at_limits(self, today: Tally) -> None:
        for name, limit in self.state.limits.items():
            kind, _, period = name.partition(".")
            usage = self.state.usage.get(period)
            if usage is None or kind in usage.reached:
                continue
            if limit and usage.of(kind) * 100 >= limit * self._is.limit_reached_percent:
                usage.reached.append(kind)
                today.reached += 1

    def interruption(self, event: PlayEvent, today: Tally) -> None:
        if event.facts.get("source") not in OF_THE_PLAYER:
            return
        until = event.facts.get("until")
        if event.type == "PAUSED":
            today.paused += 1
        elif isinstance(until, int):
            self.state.excluded_until = max(self.state.excluded_until, until)

    def reaction(self, event: PlayEvent, _today: Tally) -> None:
        intervention_id = event.facts.get("intervention_id")
        reaction = event.facts.get("reaction")
        if isinstance(intervention_id, str) and isinstance(reaction, str):
            self.reactions.append(
                Reaction(intervention_id=intervention_id, reaction=reaction, at_ms=event.at_ms)
            )


_HANDLERS: Final[Mapping[str, Callable[[_Counting, PlayEvent, Tally], None]]] = {
    "BET": _Counting.bet,
    "WIN": _Counting.win,
    "ROLLBACK": _Counting.rollback,
    "DEPOSIT": _Counting.deposit,
    "WITHDRAWAL_RELEASED": _Counting.released,
    "LIMIT_CHANGED": _Counting.limit,
    "LIMIT_REQUESTED": _Counting.loosened,
    "EXCLUDED": _Counting.interruption,
    "PAUSED": _Counting.interruption,
    "INTERVENTION_ACKNOWLEDGED": _Counting.reaction,
}
