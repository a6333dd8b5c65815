"""The thresholds of protection as versions with dates: decisions read these and no other number.

The kinds of markers are those commonly named for data of play: frequency, intensity, variability,
trajectory, loss chasing, night play, cancelled withdrawals, failed deposits, use of tools, contact.
No rule of law names the numbers: each is the house's proposal, to be tuned on its own data, and a
change is a new version with its own day. `docs/compliance/harm-policy.md` is generated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from shared.protection.model import Level

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RG-M01": "Deposits or raised stakes right after losses",
        "RG-M02": "Higher stakes than before",
        "RG-M03": "Higher net loss than before",
        "RG-M04": "Many deposits in a short time",
        "RG-M05": "Deposits that failed",
        "RG-M06": "Withdrawals taken back",
        "RG-M07": "Play at night",
        "RG-M08": "Long sessions",
        "RG-M09": "Play on nearly every day",
        "RG-M10": "Limits raised or reached",
        "RG-M11": "Play again after an exclusion, or repeated pauses",
        "RG-M12": "Net loss against the declared income",
        "RG-M13": "Faster play than usual, or many games at once",
        "RG-M14": "Contact with support that needs a person's attention",
    }
)
"""Every marker with points. RG-M15 (age 18 to 24) has none: it is a weight on all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a marker holds. Every bound is reached at its value, but for `income_percent`, which
    must be passed.
    """

    chase_deposit_minutes: int = 15
    chase_balance_percent: int = 5
    chase_losing_rounds: int = 5
    chase_median_times: int = 2
    chase_median_least_bets: int = 20
    chases: int = 3
    stake_times: int = 2
    stake_least_bets: int = 50
    loss_times: int = 2
    loss_least_minor: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {"BRL": 20_000, "EUR": 4_000, "GBP": 4_000, "USD": 4_000}
        )
    )
    deposits_in_a_day: int = 5
    deposits_in_an_hour: int = 3
    failed_deposits_in_a_day: int = 3
    cancelled_withdrawals: int = 2
    night_begins_hour: int = 0
    night_ends_hour: int = 5
    night_minutes: int = 60
    nights: int = 3
    session_hours: int = 3
    day_hours: int = 5
    days_played: int = 6
    days_more: int = 3
    limit_raises: int = 2
    limit_raises_days: int = 30
    limits_reached: int = 3
    limit_reached_percent: int = 90
    return_days: int = 90
    pauses: int = 2
    pauses_days: int = 60
    income_percent: int = 20
    income_days: int = 30
    pace_percentile: int = 95
    pace_days: int = 3
    pace_least_hours: int = 20
    games_in_an_hour: int = 5
    contact_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """RG-A1 to RG-A4 in numbers. The weekly deposit limit of a critical level is `deposit_percent`
    of the mean week of the last four, and not below `deposit_least_minor`.
    """

    repeat_days: int = 7
    reality_check_minutes: int = 30
    contact_hours: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"high": 48, "critical": 24})
    )
    review_hours: int = 48
    pause_hours: int = 24
    deposit_percent: int = 50
    deposit_least_minor: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {"BRL": 5_000, "EUR": 1_000, "GBP": 1_000, "USD": 1_000}
        )
    )
    outcome_days: tuple[int, ...] = (7, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of it all, in force from the start of `effective_from`."""

    version: str
    effective_from: date
    source: str
    points: Mapping[str, int]
    young_until_age: int
    young_weight_percent: int
    half_life_days: int
    levels: Mapping[Level, int]
    """The lowest score of each level."""
    thresholds: Thresholds
    actions: Actions

    def as_data(self) -> dict[str, object]:
        """The whole version as JSON can say it."""
        return {
            "version": self.version,
            "effective_from": self.effective_from.isoformat(),
            "source": self.source,
            "half_life_days": self.half_life_days,
            "levels": dict(self.levels),
            "points": dict(self.points),
            "titles": dict(TITLES),
            "young_until_age": self.young_until_age,
            "young_weight_percent": self.young_weight_percent,
            "thresholds": _plain(self.thresholds),
            "actions": _plain(self.actions),
        }


def _plain(section: Thresholds | Actions) -> dict[str, object]:
    def as_json(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        return list(value) if isinstance(value, tuple) else value

    return {name: as_json(getattr(section, name)) for name in section.__slots__}


POLICIES: Final[tuple[Policy, ...]] = (
    Policy(
        version="2026-11",
        effective_from=date(2026, 11, 1),
        source="House policy; Portaria SPA/MF 1.231/2024 asks for monitoring and names no numbers",
        points=MappingProxyType(
            {
                "RG-M01": 20,
                "RG-M02": 10,
                "RG-M03": 15,
                "RG-M04": 10,
                "RG-M05": 10,
                "RG-M06": 15,
                "RG-M07": 10,
                "RG-M08": 10,
                "RG-M09": 5,
                "RG-M10": 15,
                "RG-M11": 15,
                "RG-M12": 20,
                "RG-M13": 5,
                "RG-M14": 20,
            }
        ),
        young_until_age=24,
        young_weight_percent=125,
        half_life_days=14,
        levels=MappingProxyType({"none": 0, "low": 20, "medium": 40, "high": 60, "critical": 80}),
        thresholds=Thresholds(),
        actions=Actions(),
    ),
)
"""Oldest first; what is older than the first is judged by it."""


def policy_on(day: date, versions: tuple[Policy, ...] = POLICIES) -> Policy:
    """The version in force on `day` of the jurisdiction's calendar."""
    valid = [policy for policy in versions if policy.effective_from <= day]
    return valid[-1] if valid else versions[0]
