"""Streams of play for the markers: events in order, days and the readings of them."""

from dataclasses import dataclass, field

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SAO_PAULO_OFFSET_MS, local_day
from shared.protection.fold import Folded, fold
from shared.protection.markers import View, read_all
from shared.protection.model import Day, Person, PlayEvent, Reading
from shared.protection.policy import POLICIES, Policy
from shared.protection.state import State

NOON: int = 20_779 * DAY_MS + 15 * HOUR_MS
"""12:00 in São Paulo, of a Sunday."""
POLICY: Policy = POLICIES[-1]
TODAY: int = local_day(NOON)


def person(**changes: object) -> Person:
    """Somebody of 36 years who plays in reais."""
    known: dict[str, object] = {
        "born": "1990-05-17",
        "currency": "BRL",
        "day_offset_ms": SAO_PAULO_OFFSET_MS,
    }
    return Person(**(known | changes))  # type: ignore[arg-type]


@dataclass
class Play:
    """A wallet that is played with; every event is a millisecond after the last at least."""

    at_ms: int = NOON
    cash_minor: int = 0
    rounds: int = 0
    events: list[PlayEvent] = field(default_factory=list)

    def wait(self, ms: int) -> "Play":
        self.at_ms += ms
        return self

    def add(self, type_: str, amount_minor: int = 0, cash_delta: int = 0, **more: object) -> "Play":
        self.cash_minor += cash_delta
        event = PlayEvent(
            seq=len(self.events) + 1,
            type=type_,
            at_ms=self.at_ms,
            amount_minor=amount_minor,
            cash_delta=cash_delta,
            spendable_after_minor=self.cash_minor,
            **more,  # type: ignore[arg-type]
        )
        self.events.append(event)
        self.at_ms += 1
        return self

    def deposit(self, amount_minor: int) -> "Play":
        return self.add("DEPOSIT", amount_minor, amount_minor)

    def round(self, stake_minor: int, payout_minor: int = 0, *, game_id: str = "dice") -> "Play":
        self.rounds += 1
        name = f"round-{self.rounds}"
        self.add("BET", stake_minor, -stake_minor, round_id=name, game_id=game_id)
        return self.add("WIN", payout_minor, payout_minor, round_id=name, game_id=game_id)

    def rounds_of(
        self, count: int, stake_minor: int, payout_minor: int = 0, *, every_ms: int = MINUTE_MS
    ) -> "Play":
        for _ in range(count):
            self.round(stake_minor, payout_minor).wait(every_ms)
        return self

    def folded(self) -> Folded:
        return fold(State(), {}, self.events, SAO_PAULO_OFFSET_MS, POLICY.thresholds)

    def day(self, day: int | None = None) -> Day:
        """A day of it, the last one unless named."""
        days = {found.day: found for found in self.folded().days}
        return days[max(days) if day is None else day]

    def reading(self, marker: str, *, at_ms: int | None = None, **facts: object) -> Reading:
        """A marker right after the last event, unless told when."""
        folded = self.folded()
        moment = self.at_ms if at_ms is None else at_ms
        days = {day.day: day for day in folded.days}
        return reading_of(marker, days, folded.state, moment, **facts)


def reading_of(
    marker: str, days: dict[int, Day], state: State, at_ms: int = NOON, **facts: object
) -> Reading:
    """One marker of these days."""
    view = View(at_ms, days, state, person(**facts), POLICY.thresholds)
    return next(reading for reading in read_all(view) if reading.marker == marker)


def days_ago(ago: int, **facts: object) -> Day:
    """A day as seen from TODAY, whose last event was at noon."""
    last_at = NOON - ago * DAY_MS
    return Day(day=TODAY - ago, **({"last_at": last_at} | facts))  # type: ignore[arg-type]


def by_day(*days: Day) -> dict[int, Day]:
    return {day.day: day for day in days}
