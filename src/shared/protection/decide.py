"""What is done at a level (RG-A1 to RG-A4): at most once in seven days, and at once when it rises.

An intervention answers to evidence: as long as nothing new was seen since the last one, nobody is
spoken to again, however slowly the score fades. A level below the last one taken within the seven
days asks for nothing, and a higher one never waits.
"""

from collections.abc import Iterable, Mapping

from shared.kernel.times import DAY_MS, HOUR_MS
from shared.protection.model import (
    LEVELS,
    Day,
    Hit,
    Level,
    Person,
    Plan,
    Taken,
    restrictions,
)
from shared.protection.policy import Policy

WEEKS_OF_DEPOSITS = 4


def plan_at(
    level: Level,
    hits: Mapping[str, Hit],
    taken: Iterable[Taken],
    policy: Policy,
    deposit_limit_minor: int | None,
    at_ms: int,
) -> Plan | None:
    """The intervention that is due at `at_ms`, or None."""
    if level == "none":
        return None
    since = at_ms - policy.actions.repeat_days * DAY_MS
    recent = [done for done in taken if done.at_ms > since]
    if any(LEVELS.index(done.level) >= LEVELS.index(level) for done in recent):
        return None
    newest = max((hit.at_ms for hit in hits.values()), default=0)
    same = [done.at_ms for done in taken if LEVELS.index(done.level) >= LEVELS.index(level)]
    if same and newest <= max(same):
        return None
    return plan_of(level, policy, deposit_limit_minor)


def plan_of(level: Level, policy: Policy, deposit_limit_minor: int | None) -> Plan | None:
    """The intervention of `level`, whenever it is taken."""
    actions = policy.actions
    hours = actions.contact_hours.get(level)
    contact_within_ms = None if hours is None else hours * HOUR_MS
    match level:
        case "low":
            return Plan(level=level, action="message", template="activity")
        case "medium":
            return Plan(
                level=level,
                action="acknowledge",
                template="numbers",
                blocks_bonus=True,
                reality_check_minutes=actions.reality_check_minutes,
            )
        case "high":
            return Plan(
                level=level,
                action="choose",
                template="choice",
                blocks_bonus=True,
                reality_check_minutes=actions.reality_check_minutes,
                contact_within_ms=contact_within_ms,
            )
        case "critical":
            return Plan(
                level=level,
                action="pause",
                template="pause",
                blocks_bonus=True,
                reality_check_minutes=actions.reality_check_minutes,
                pause_ms=actions.pause_hours * HOUR_MS,
                deposit_limit_minor=deposit_limit_minor,
                contact_within_ms=contact_within_ms,
            )
        case "none":
            return None


def lift_is_due(level: Level, *, bonus_is_stopped: bool) -> bool:
    """True when the policy stopped bonuses and the level asks for it no longer."""
    return bonus_is_stopped and not restrictions(level).bonus


def lift(level: Level) -> Plan:
    """Bonuses are possible again."""
    return Plan(level=level, action="lift", template="lift")


def deposit_limit(
    days: Mapping[int, Day], today: int, person: Person, policy: Policy, in_force: int | None
) -> int | None:
    """The weekly deposit limit of RG-A4: half of the mean week of the last four, never above the
    one that the house has set already; None in a currency without a floor.
    """
    floor = policy.actions.deposit_least_minor.get(person.currency)
    if floor is None:
        return None
    window = range(today - 7 * WEEKS_OF_DEPOSITS + 1, today + 1)
    deposited = sum(days[day].deposited_minor for day in window if day in days)
    share = deposited * policy.actions.deposit_percent // (100 * WEEKS_OF_DEPOSITS)
    lowered = max(floor, share)
    return lowered if in_force is None else min(lowered, in_force)
