"""The values of player protection: what was seen of a player, what it adds up to, what is done.

A marker is an observation about play and money, never about a person's health. Amounts are minor
units of the player's currency, times UTC milliseconds, days numbers of the jurisdiction's calendar
(`shared.kernel.times.local_day`). Nothing here is ever shown to the player but the numbers of their
own play that a message names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

type Level = Literal["none", "low", "medium", "high", "critical"]
type Action = Literal["message", "acknowledge", "choose", "pause", "lift"]
"""`lift` takes a stop of bonuses away again and says nothing to the player."""
type Origin = Literal["policy", "staff"]
type ContactFlag = Literal["harm_words", "lost_money", "bonus_begging"]
type VipTier = Literal["bronze", "silver", "gold", "platinum"]

LEVELS: Final[tuple[Level, ...]] = ("none", "low", "medium", "high", "critical")
TIERS: Final[tuple[VipTier, ...]] = ("bronze", "silver", "gold", "platinum")
CONTACT_FLAGS: Final[tuple[ContactFlag, ...]] = ("harm_words", "lost_money", "bonus_begging")


def at_least(level: Level, floor: Level) -> bool:
    """True when `level` is `floor` or above it."""
    return LEVELS.index(level) >= LEVELS.index(floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayEvent:
    """An event of a wallet as far as the markers read it. `facts` is the event's own data, and is
    there only for events that are rare (limits, pauses, interventions, releases, rollbacks).
    """

    seq: int
    type: str
    at_ms: int
    amount_minor: int = 0
    cash_delta: int = 0
    spendable_after_minor: int = 0
    round_id: str | None = None
    game_id: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one day of the jurisdiction's calendar saw of one player.

    `staked_minor` and the stakes count whole stakes; `loss_minor` is cash alone and below zero on a
    day that the player won; `settled_minor` is cash staked in rounds that have ended. `stakes` and
    `hours` count bets by rounded stake and by hour of the day.
    """

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
    stakes: Mapping[int, int] = field(default_factory=dict)
    hours: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What the player did about an intervention, as their wallet recorded it."""

    intervention_id: str
    reaction: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of the player beside the wallet's events. Times are those of the facts."""

    born: str
    currency: str
    day_offset_ms: int
    income_minor: int | None = None
    failed_deposits: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    """When support noted a contact with any of CONTACT_FLAGS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One marker at one moment. `values` are what was measured and what it is compared with;
    `evidence_at` is the latest fact that it rests on while it holds; `missing` says why it could
    not be computed.
    """

    marker: str
    holds: bool
    values: Mapping[str, int] = field(default_factory=dict)
    evidence_at: int | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """When a marker held last, by its latest evidence, and with which values."""

    at_ms: int
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """0 to 100; `parts` are thousandths of a point by marker, after weight and decay."""

    value: int
    level: Level
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An intervention of the policy that was taken before."""

    level: Level
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An intervention to take: what the wallet is told and by when a person talks to the player.

    `deposit_limit_minor` is for a week; `pause_ms` counts from when the wallet hears of it.
    """

    level: Level
    action: Action
    template: str
    blocks_bonus: bool = False
    reality_check_minutes: int | None = None
    pause_ms: int | None = None
    deposit_limit_minor: int | None = None
    contact_within_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What a level takes away by itself, beside any intervention."""

    bonus: bool
    marketing: bool
    vip_benefits: bool
    vip_promotion: bool


def restrictions(level: Level) -> Restrictions:
    """RG-A2: no bonus and no rise of the tier from medium; RG-A3: no marketing and no benefits from
    high.
    """
    medium, high = at_least(level, "medium"), at_least(level, "high")
    return Restrictions(bonus=medium, marketing=high, vip_benefits=high, vip_promotion=medium)
