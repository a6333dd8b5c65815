"""What the fold of a player's events carries from one event to the next, beside the days.

The state is bounded: rounds that are open, deposits of the last 24 hours, games of this hour, one
usage for each period of the calendar. It is stored as JSON with the place (`seq`) up to which it
stands, so that a fold can stop anywhere and go on in another tick.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from shared.kernel.canonical import canonical_json
from shared.protection.model import Day

OPEN_ROUNDS: Final = 200
"""Rounds that never end are forgotten beyond this number, the oldest first: they never count as
settled play then.
"""


@dataclass(slots=True)
class Usage:
    """Use of limits in one window; `window` is the number of its first day."""

    window: int = 0
    wagered: int = 0
    won: int = 0
    deposited: int = 0
    bets: int = 0
    play_ms: int = 0
    reached: list[str] = field(default_factory=list)
    """Kinds of limits that were reached in this window: each counts once."""

    def of(self, kind: str) -> int:
        """Use in the limit's own unit; play time in whole minutes."""
        if kind == "loss":
            return max(0, self.wagered - self.won)
        if kind == "time":
            return self.play_ms // 60_000
        return {"wager": self.wagered, "deposit": self.deposited, "bet_count": self.bets}.get(
            kind, 0
        )


@dataclass(slots=True)
class State:
    """Where the fold of one player stands. Times are UTC milliseconds, 0 when there was none."""

    seq: int = 0
    last_at: int = 0
    first_bet_at: int = 0
    last_bet_at: int = 0
    session_began_at: int = 0
    losing_run: int = 0
    low_since: int = 0
    """When play last left less than the share of the last deposit; 0 while there is more."""
    last_deposit_minor: int = 0
    excluded_until: int = 0
    game_hour: int = 0
    games: list[str] = field(default_factory=list)
    deposits: list[int] = field(default_factory=list)
    open_rounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Round → stake, and the part of it that was cash."""
    limits: dict[str, int] = field(default_factory=dict)
    """The player's own, by `kind.period`."""
    house_limits: dict[str, int] = field(default_factory=dict)
    usage: dict[str, Usage] = field(default_factory=dict)

    def encoded(self) -> str:
        """Canonical JSON of the state."""
        return canonical_json(
            {
                **{name: getattr(self, name) for name in _PLAIN},
                "open_rounds": {key: list(value) for key, value in self.open_rounds.items()},
                "usage": {
                    period: {name: getattr(usage, name) for name in Usage.__slots__}
                    for period, usage in self.usage.items()
                },
            }
        )


_PLAIN: Final = tuple(name for name in State.__slots__ if name not in ("open_rounds", "usage"))


def decoded_state(text: str) -> State:
    """The state of `State.encoded`; `{}` is that of a player of whom nothing was folded yet."""
    members: dict[str, Any] = json.loads(text)
    rounds = {key: (value[0], value[1]) for key, value in members.pop("open_rounds", {}).items()}
    usage = {period: Usage(**value) for period, value in members.pop("usage", {}).items()}
    return State(**members, open_rounds=rounds, usage=usage)


@dataclass(slots=True)
class Tally:
    """A day that is being counted."""

    day: int
    last_at: int = 0
    bets: int = 0
    staked_minor: int = 0
    loss_minor: int = 0
    settled_minor: int = 0
    deposits: int = 0
    deposited_minor: int = 0
    deposits_in_an_hour: int = 0
    deposits_in_a_day: int = 0
    chases: int = 0
    play_ms: int = 0
    night_ms: int = 0
    longest_ms: int = 0
    games_in_an_hour: int = 0
    cancelled: int = 0
    loosened: int = 0
    reached: int = 0
    paused: int = 0
    returned: int = 0
    stakes: Counter[int] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, day: Day) -> "Tally":
        """Go on counting `day`."""
        plain = {name: getattr(day, name) for name in _COUNTS}
        return cls(**plain, stakes=Counter(day.stakes), hours=Counter(day.hours))

    def as_day(self) -> Day:
        plain = {name: getattr(self, name) for name in _COUNTS}
        return Day(**plain, stakes=dict(self.stakes), hours=dict(self.hours))


_COUNTS: Final = tuple(name for name in Tally.__slots__ if name not in ("stakes", "hours"))


def encoded_day(day: Day) -> str:
    """Canonical JSON of what the day saw, without its zeros and without its number."""
    plain = {name: getattr(day, name) for name in _COUNTS if name != "day" and getattr(day, name)}
    counters = {
        name: {str(key): count for key, count in sorted(counts.items())}
        for name, counts in (("stakes", day.stakes), ("hours", day.hours))
        if counts
    }
    return canonical_json(plain | counters)


def decoded_day(day: int, text: str) -> Day:
    """The day of `encoded_day`."""
    members: dict[str, Any] = json.loads(text)
    stakes = {int(key): count for key, count in members.pop("stakes", {}).items()}
    hours = {int(key): count for key, count in members.pop("hours", {}).items()}
    return Day(day=day, stakes=stakes, hours=hours, **members)
