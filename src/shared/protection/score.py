"""From readings to a score of 0 to 100 and a level.

Each marker adds its points once, weighted by age and halved for every fourteen days since its
latest evidence; the sum stops at 100. So a score is a function of what held when, and computing it
twice, or on a day on which nothing happened in between, changes nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from shared.kernel.times import DAY_MS, full_years, local_date
from shared.protection.model import LEVELS, Hit, Level, Person, Reading, Score
from shared.protection.policy import Policy

TOP: Final = 100
_FORGOTTEN_AFTER_HALVES: Final = 12
"""20 points are 0.005 then."""


def with_readings(hits: Mapping[str, Hit], readings: Iterable[Reading]) -> dict[str, Hit]:
    """The latest hit of each marker, after these readings. Evidence never gets older."""
    latest = dict(hits)
    for reading in readings:
        if not reading.holds or reading.evidence_at is None:
            continue
        known = latest.get(reading.marker)
        if known is None or known.at_ms <= reading.evidence_at:
            latest[reading.marker] = Hit(at_ms=reading.evidence_at, values=reading.values)
    return latest


def score_at(hits: Mapping[str, Hit], person: Person, policy: Policy, at_ms: int) -> Score:
    """The score at `at_ms` (UTC milliseconds)."""
    weight = weight_percent(person, policy, at_ms)
    parts = {
        marker: part
        for marker, hit in sorted(hits.items())
        if (part := _part(policy.points.get(marker, 0), weight, at_ms - hit.at_ms, policy))
    }
    value = min(TOP, (sum(parts.values()) + 500) // 1000)
    return Score(value=value, level=level_of(value, policy), parts=parts)


def weight_percent(person: Person, policy: Policy, at_ms: int) -> int:
    """RG-M15: what a person of 18 to 24 scores counts more."""
    today = local_date(at_ms, person.day_offset_ms)
    is_young = full_years(date.fromisoformat(person.born), today) <= policy.young_until_age
    return policy.young_weight_percent if is_young else 100


def level_of(value: int, policy: Policy) -> Level:
    """The highest level whose lowest score is reached."""
    return max(
        (level for level, least in policy.levels.items() if value >= least), key=LEVELS.index
    )


def _part(points: int, weight: int, age_ms: int, policy: Policy) -> int:
    """Thousandths of a point that are left of a marker after `age_ms`."""
    half_life_ms = policy.half_life_days * DAY_MS
    age_ms = max(0, age_ms)
    if age_ms > _FORGOTTEN_AFTER_HALVES * half_life_ms:
        return 0
    # A score is no money: a float is exact enough here, and the result is an integer again.
    left: float = 0.5 ** (age_ms / half_life_ms)
    return round(points * 10 * weight * left)
