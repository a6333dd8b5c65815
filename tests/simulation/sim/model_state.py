"""What the model of a wallet remembers: dictionaries of plain values, nothing of the wallet's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulation.sim.calendar import MINUTE_MS, day_of, windows_of
from simulation.sim.model_gate import ModelGate

type Payload = dict[str, Any]
type Body = dict[str, Any]
type Types = tuple[str, ...]
type Judge = Callable[["ModelState", Payload, str, int, str], str | None]
"""Model, payload, the caller's session, the time and the context: the code of the refusal."""
type Effect = Callable[["ModelState", Payload, int, Body], Types]
"""Model, payload, the time and the answer: the types of the events."""

ACTIVE_GAP_MS = 5 * MINUTE_MS
GRACE_MS = 10 * MINUTE_MS


def active_ms(since_ms: int, now_ms: int) -> int:
    """The time since an activity as play: none when it is more than five minutes."""
    gap = now_ms - since_ms
    return gap if 0 <= gap <= ACTIVE_GAP_MS else 0


@dataclass(slots=True)
class ModelDay:
    wagered: int = 0
    won: int = 0
    deposited: int = 0
    bets: int = 0
    play_ms: int = 0


def sum_of(days: Iterable[ModelDay]) -> ModelDay:
    """What several days have seen."""
    total = ModelDay()
    for seen in days:
        total.wagered += seen.wagered
        total.won += seen.won
        total.deposited += seen.deposited
        total.bets += seen.bets
        total.play_ms += seen.play_ms
    return total


def used_of(kind: str, seen: ModelDay) -> int:
    """What is used of a limit, in its own unit."""
    return {
        "deposit": seen.deposited,
        "loss": max(0, seen.wagered - seen.won),
        "wager": seen.wagered,
        "bet_count": seen.bets,
        "time": -(-seen.play_ms // MINUTE_MS),
    }[kind]


@dataclass(slots=True)
class ModelGrant:
    """A bonus grant with its terms; `status` is active, converted, forfeited or expired."""

    balance: int
    status: str = "active"
    required: int = 0
    wagered: int = 0
    contributions: dict[str, int] = field(default_factory=dict)
    max_stake: int | None = None
    expires_at: int | None = None
    on_withdrawal: str = "keep"

    @property
    def is_wagered(self) -> bool:
        return 0 < self.required <= self.wagered

    def is_over(self, now_ms: int) -> bool:
        return self.expires_at is not None and now_ms >= self.expires_at


@dataclass(slots=True)
class ModelRound:
    """`shares` are the grants' parts of the stake, `paid_shares` those of the payout; `counted` is
    what the stake counted towards wagering.
    """

    stake: int
    cash: int
    shares: dict[str, int]
    bet_day: int
    payout: int | None = None
    paid_cash: int = 0
    paid_shares: dict[str, int] = field(default_factory=dict)
    win_day: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    session: str = ""
    """The game session; none for a round decided elsewhere."""
    undone: Payload | None = None
    """The answer to the rollback that closed it."""


@dataclass(slots=True)
class ModelSession:
    """A game session; `use` is what was played in it, `pace_ms` how long a round takes."""

    game_id: str
    version: int
    least: int
    most: int
    active_at: int
    pace_ms: int = 0
    use: ModelDay = field(default_factory=ModelDay)


@dataclass(slots=True)
class ModelDeposit:
    """`bound` are the deposit limits that bound when it was asked for, by period; `in_time_at` is
    when it was credited, if it was still expected then.
    """

    amount: int
    expires_at: int
    bound: dict[str, int]
    paid_by: str | None = None
    in_time_at: int | None = None

    def is_expected(self, now_ms: int) -> bool:
        """Its code has not expired, or so lately that a notice may be under way."""
        return now_ms < self.expires_at + GRACE_MS


@dataclass(slots=True)
class ModelHold:
    amount: int
    payment: str
    status: str = "held"


@dataclass(slots=True)
class Answered:
    """What a key stands for."""

    kind: str
    payload: Payload
    status: int
    body: str


@dataclass(slots=True)
class ModelState:
    """The state of one wallet; `cash` and the rest are minor units."""

    gate: ModelGate
    jurisdiction: str
    day_offset_ms: int
    caller: str = ""
    """The login session that asked last; none is the house."""
    cash: int = 0
    held: int = 0
    grants: dict[str, ModelGrant] = field(default_factory=dict)
    rounds: dict[str, ModelRound] = field(default_factory=dict)
    deposits: dict[str, ModelDeposit] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    payments: set[str] = field(default_factory=set)
    holds: dict[str, ModelHold] = field(default_factory=dict)
    sessions: dict[str, ModelSession] = field(default_factory=dict)
    days: dict[int, ModelDay] = field(default_factory=dict)
    answers: dict[str, Answered] = field(default_factory=dict)
    last_bet_at: int = 0
    recorded_at: int = 0
    offset_ms: int = 0
    # The seed in use
    seed_hash: str = ""
    next_hash: str = ""
    client_seed: str = ""
    nonce: int = 0
    committed_at: int = 0
    draws: list[tuple[int, int, Payload, int, Payload]] = field(default_factory=list)
    """Of the seed in use: nonce, stake, parameters, payout, outcome of each round of dice."""
    revealing: list[tuple[int, int, Payload, int, Payload]] = field(default_factory=list)
    """The same of the seed that was in use before, until its revelation is read in the log."""

    @property
    def bonus(self) -> int:
        return sum(grant.balance for grant in self.grants.values())

    @property
    def has_staked_cash(self) -> bool:
        """A bet with cash stands."""
        return any(found.cash and found.undone is None for found in self.rounds.values())

    def now(self, clock_ms: int) -> int:
        """A wallet's time never runs behind its last event."""
        return max(clock_ms + self.offset_ms, self.recorded_at)

    def day_of(self, at_ms: int) -> int:
        """Number of the wallet's day that holds `at_ms`."""
        return day_of(at_ms, self.day_offset_ms)

    def day(self, number: int) -> ModelDay:
        return self.days.setdefault(number, ModelDay())

    def totals(self, now_ms: int) -> dict[str, ModelDay]:
        """What the running day, week and month have seen."""
        sums: dict[str, ModelDay] = {}
        for period, first in windows_of(self.day_of(now_ms)):
            sums[period] = sum_of(seen for number, seen in self.days.items() if number >= first)
        return sums

    def active_ms(self, now_ms: int) -> int:
        """Time played since the last bet, when that was at most five minutes ago."""
        return active_ms(self.last_bet_at, now_ms) if self.last_bet_at else 0

    def pending_minor(self, now_ms: int) -> int:
        """What is still expected on charges."""
        return sum(
            deposit.amount
            for deposit in (self.deposits[deposit_id] for deposit_id in self.pending)
            if deposit.is_expected(now_ms)
        )
