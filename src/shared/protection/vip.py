"""VIP tiers: versioned rules on settled play and tenure, never on losses.

What counts is cash staked in rounds that have ended, the days of play and the age of the account,
all of which are the same whether a player wins or loses. While the level is medium or above a tier
never rises, and at high or above its benefits rest; it may fall at any time. Every change has its
reasons and the rules' version in a history that is only appended to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from shared.protection.model import TIERS, Day, Level, VipTier, restrictions

WINDOW_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a tier asks of the last WINDOW_DAYS and of the account's age, all of it at once."""

    tier: VipTier
    settled_minor: Mapping[str, int]
    days_played: int
    tenure_days: int


@dataclass(frozen=True, slots=True)
class VipRules:
    """One version, in force from the start of `effective_from`; tiers in ascending order."""

    version: str
    effective_from: date
    tiers: tuple[TierRule, ...]

    def as_data(self) -> dict[str, object]:
        """The version as JSON can say it."""
        return {
            "version": self.version,
            "effective_from": self.effective_from.isoformat(),
            "window_days": WINDOW_DAYS,
            "tiers": [
                {
                    "tier": rule.tier,
                    "settled_minor": dict(rule.settled_minor),
                    "days_played": rule.days_played,
                    "tenure_days": rule.tenure_days,
                }
                for rule in self.tiers
            ],
        }


@dataclass(frozen=True, slots=True)
class SettledPlay:
    """What a tier is judged by."""

    currency: str
    settled_minor: int
    days_played: int
    tenure_days: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The tier after a look; `reasons` are codes, empty when nothing changes."""

    tier: VipTier
    earned: VipTier
    benefits: bool
    reasons: tuple[str, ...]


def _rule(tier: VipTier, settled_major: int, days_played: int, tenure_days: int) -> TierRule:
    """Amounts of the other currencies are a fifth of the amount in reais."""
    minor = settled_major * 100
    others = minor // 5
    amounts = {"BRL": minor, "EUR": others, "GBP": others, "USD": others}
    return TierRule(tier, MappingProxyType(amounts), days_played, tenure_days)


VIP_RULES: Final[tuple[VipRules, ...]] = (
    VipRules(
        "2026-11",
        date(2026, 11, 1),
        (
            _rule("silver", 5_000, 8, 30),
            _rule("gold", 25_000, 20, 90),
            _rule("platinum", 100_000, 40, 180),
        ),
    ),
)
"""Oldest first."""


def rules_on(day: date, versions: tuple[VipRules, ...] = VIP_RULES) -> VipRules:
    """The version in force on `day`."""
    valid = [rules for rules in versions if rules.effective_from <= day]
    return valid[-1] if valid else versions[0]


def settled_play(
    days: Mapping[int, Day], today: int, currency: str, tenure_days: int
) -> SettledPlay:
    """The play of the last WINDOW_DAYS; `today` is a number of `local_day`."""
    window = [days[day] for day in range(today - WINDOW_DAYS + 1, today + 1) if day in days]
    return SettledPlay(
        currency,
        sum(day.settled_minor for day in window),
        sum(day.bets > 0 for day in window),
        tenure_days,
    )


def earned_tier(play: SettledPlay, rules: VipRules) -> VipTier:
    """The highest tier all of whose demands are met."""
    earned: VipTier = "bronze"
    for rule in rules.tiers:
        least = rule.settled_minor.get(play.currency)
        if (
            least is not None
            and play.settled_minor >= least
            and play.days_played >= rule.days_played
            and play.tenure_days >= rule.tenure_days
        ):
            earned = rule.tier
    return earned


def verdict(current: VipTier, play: SettledPlay, level: Level, rules: VipRules) -> Verdict:
    """The tier that a player has from now on."""
    earned = earned_tier(play, rules)
    closed = restrictions(level)
    rises = TIERS.index(earned) > TIERS.index(current)
    if rises and closed.vip_promotion:
        return Verdict(current, earned, not closed.vip_benefits, ("rise_waits_for_level",))
    reasons: tuple[str, ...] = ()
    if earned != current:
        reasons = ("settled_play_and_tenure",) if rises else ("no_longer_met",)
    return Verdict(earned, earned, not closed.vip_benefits, reasons)
