"""What a jurisdiction asks, as values: a rule has an id, a source, how sure we are, and a date.

A rule binds from `effective_from` on and until `effective_until` (that day excluded). A rule that
has been announced and has no date yet stands in its profile with `effective_from` None: it is off,
and giving it the date turns it on, without a change of code. Where several rules are about one
thing, the one that took effect last is the one in force. Days are days of the profile's calendar.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

type Certainty = Literal["primary", "secondary", "operator", "unverified"]
"""Read in the official text; read about it; chosen by the house; known, and not checked."""

type LimitKind = Literal["deposit", "loss", "wager", "time", "bet_count"]
type Period = Literal["daily", "weekly", "monthly"]
type Autoplay = Literal["allowed", "limited", "forbidden"]
type StakeOrder = Literal["cash_first", "bonus_first"]
type DocumentKind = Literal["id_front", "id_back", "selfie", "proof_of_address"]
type TextLanguage = Literal["pt-BR", "en"]
type RegisterName = Literal["sigap", "gamstop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule[Value]:
    """One demand: `value` binds from `effective_from`; None there means announced, hence off."""

    rule_id: str
    value: Value
    source: str
    certainty: Certainty
    effective_from: date | None
    effective_until: date | None = None

    def binds(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        if self.effective_from is None or day < self.effective_from:
            return False
        return self.effective_until is None or day < self.effective_until


type Rules[Value] = tuple[Rule[Value], ...]


def in_force[Value](rules: Rules[Value], day: date) -> Rule[Value] | None:
    """Of rules about one thing, the one in force on `day`; None when there is none."""
    binding = [rule for rule in rules if rule.binds(day)]
    return max(binding, key=_began, default=None)


def _began(rule: Rule[object]) -> date:
    assert rule.effective_from is not None
    return rule.effective_from


@dataclass(frozen=True, slots=True)
class Limits:
    """Kinds that a player may set, those that must be set to register, and for which periods."""

    offered: frozenset[LimitKind]
    mandatory: frozenset[LimitKind]
    periods: frozenset[Period]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Terms of self-exclusion at the house, in days; `revocable_after_days` is for an indefinite
    one (None: never). `pauses_days` are the shorter breaks on offer.
    """

    least_days: int
    most_days: int | None
    indefinite: bool
    revocable_after_days: int | None
    pauses_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """An exclusion register outside the house. `adapter` is by what it is asked; None: the house
    leads people there and asks nothing.
    """

    name: str
    address: str
    adapter: RegisterName | None = None


@dataclass(frozen=True, slots=True)
class RegisterChecks:
    """Everybody is asked about at registration, at the first login of a day, and again within
    `sweep_days`; the sweep aims at `aim_days`, so that an outage does not make it late.
    """

    sweep_days: int
    aim_days: int


@dataclass(frozen=True, slots=True)
class Offboarding:
    """Days of each step for somebody who is found impeded: from the answer to the notice and to the
    closing, from the notice for withdrawing and for the tail, from the closing to the refund. The
    hours are the house's: the closing, and the notice to whoever has not shown who they are, come
    `lead_hours` before their deadlines, alarms `alarm_lead_hours` before each one.
    """

    notice_days: int
    voluntary_days: int
    close_days: int
    refund_days: int
    tail_days: int
    lead_hours: int
    alarm_lead_hours: int


@dataclass(frozen=True, slots=True)
class RtpBounds:
    """Basis points; the floor holds at every bet level, the ceiling is for the target."""

    floor_bps: int
    ceiling_bps: int


@dataclass(frozen=True, slots=True)
class RoundPace:
    """The least time from one round's start to the next, by kind of game."""

    slots_ms: int
    other_games_ms: int


@dataclass(frozen=True, slots=True)
class Bonus:
    """`first_bet_first`: no bonus before the player has staked cash of their own once."""

    first_bet_first: bool
    stake_order: StakeOrder


@dataclass(frozen=True, slots=True)
class PaymentMethods:
    """What pays, and what the law names as forbidden (which has an answer of its own)."""

    allowed: frozenset[str]
    forbidden: frozenset[str]


@dataclass(frozen=True, slots=True)
class SessionRules:
    """Idle minutes until a new login, days between second factors, minutes a place is believed."""

    idle_minutes: int
    second_factor_days: int
    location_minutes: int | None


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """Documents of level 1 (identity) and, added to it, of level 2 (address); how long an approval
    holds; whether it must be there before the first stake.
    """

    level_1: tuple[DocumentKind, ...]
    level_2: tuple[DocumentKind, ...]
    valid_days: int
    before_play: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a class of records is kept at least, in days."""

    record_class: str
    least_days: int


@dataclass(frozen=True, slots=True)
class GgrSplit:
    """Who gets which part of the gross gaming revenue, in basis points: together 10,000."""

    operator_bps: int
    social_security_bps: int
    destinations_bps: int


@dataclass(frozen=True, slots=True)
class Destinations:
    """Shares of the destinations in thousandths: together 1,000."""

    shares: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FeeBands:
    """`(up to and including, fee)` of a monthly base, both in minor units; None: no upper end."""

    bands: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads, in every language of the profile, under one version; `link` is the page
    that it leads to.
    """

    key: str
    version: str
    by_language: tuple[tuple[TextLanguage, str], ...]
    link: str | None = None

    def in_language(self, language: TextLanguage) -> str:
        """The text in `language`; KeyError when the profile has none."""
        return dict(self.by_language)[language]
