"""One player's visit, decided: what their events and facts add up to now, and what follows.

Everything is judged at the player's own moment: the clock's, or that of their last event where a
sandbox has moved their wallet's clock ahead. Pure; the statements are for the transaction of the
visit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, cast

from jobs.harm_store import Standing
from shared.compliance.model import profile_now
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS, local_day
from shared.platform.ports import Entropy, Statement
from shared.protection import vip
from shared.protection.decide import deposit_limit, lift, lift_is_due, plan_at
from shared.protection.markers import View, read_all
from shared.protection.model import (
    Day,
    Level,
    Person,
    Plan,
    Reaction,
    Reading,
    Score,
    Taken,
    VipTier,
)
from shared.protection.outcomes import numbers_of, outcome_of
from shared.protection.policy import Policy, policy_on
from shared.protection.score import score_at, with_readings
from shared.protection.state import State
from shared.protection.texts import VERSION

_EPOCH: Final = date(1970, 1, 1)

_EVALUATED: Final = """
UPDATE harm_players
SET hits = ?2, readings = ?3, score = ?4, level = ?5, policy_version = ?6, evaluated_at = ?7,
    level_since = CASE WHEN level = ?5 AND level_since IS NOT NULL THEN level_since ELSE ?7 END
WHERE player_id = ?1
"""
_LEVEL: Final = """
INSERT INTO harm_levels (change_id, player_id, from_level, to_level, score, policy_version,
                         readings, changed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_INTERVENE: Final = """
INSERT INTO interventions (
  intervention_id, player_id, origin, level, action, template, template_version, blocks_bonus,
  reality_check_minutes, pause_ms, deposit_limit_minor, score, policy_version, readings, numbers,
  taken_at, taken_on, status, try_at)
VALUES (?, ?, 'policy', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)
"""
_TASK: Final = """
INSERT INTO protection_tasks (task_id, player_id, kind, because_of, opened_at, due_at)
VALUES (?, ?, 'human_contact', ?, ?, ?)
"""
_REACTION: Final = """
UPDATE interventions SET reaction = ?, reacted_at = ?
WHERE intervention_id = ? AND player_id = ? AND reaction IS NULL
"""
_OUTCOME: Final[Mapping[int, str]] = {
    7: "UPDATE interventions SET outcome_7 = ? WHERE intervention_id = ?",
    30: "UPDATE interventions SET outcome_30 = ? WHERE intervention_id = ?",
}
_STANDING: Final = """
INSERT INTO vip_standings (player_id, judged_on, rules_version, earned, settled_minor, days_played,
                           tenure_days, benefits)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (player_id) DO UPDATE SET
  judged_on = excluded.judged_on, rules_version = excluded.rules_version, earned = excluded.earned,
  settled_minor = excluded.settled_minor, days_played = excluded.days_played,
  tenure_days = excluded.tenure_days, benefits = excluded.benefits
"""
_BENEFITS: Final = "UPDATE vip_standings SET benefits = ? WHERE player_id = ? AND benefits <> ?"
_TIER: Final = "UPDATE players SET vip_tier = ?, updated_at = ? WHERE player_id = ?"
_TIER_CHANGE: Final = """
INSERT INTO vip_changes (change_id, player_id, from_tier, to_tier, reasons, level, settled_minor,
                         days_played, tenure_days, rules_version, changed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a visit decided. `look_at`: when to come back without new events, None for never."""

    level: Level
    plan: Plan | None
    tier: VipTier
    look_at: int | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """`now_ms` is the house's clock, `at_ms` and `today` are the player's own time."""

    now_ms: int
    at_ms: int
    today: int
    entropy: Entropy

    def new_id(self) -> str:
        return uuid7(self.now_ms, self.entropy.token(RANDOM_BYTES_PER_ID))


def offset_of(standing: Standing, now_ms: int) -> int:
    """The jurisdiction's distance from UTC."""
    return profile_now(standing.jurisdiction, now_ms).profile.day_offset_ms


def policy_of(standing: Standing, now_ms: int) -> Policy:
    """The version of the policy that judges this visit."""
    return policy_on(_EPOCH + timedelta(days=local_day(now_ms, offset_of(standing, now_ms))))


def evaluate(
    standing: Standing,
    state: State,
    days: Mapping[int, Day],
    reactions: tuple[Reaction, ...],
    now_ms: int,
    entropy: Entropy,
) -> Evaluation:
    """Judge a player all of whose events are counted."""
    offset_ms = offset_of(standing, now_ms)
    at_ms = max(now_ms, state.last_at)
    moment = Moment(now_ms, at_ms, local_day(at_ms, offset_ms), entropy)
    person = Person(
        born=standing.born,
        currency=standing.currency,
        day_offset_ms=offset_ms,
        income_minor=standing.income_minor,
        failed_deposits=standing.failed_deposits,
        contacts=standing.contacts,
    )
    policy = policy_of(standing, now_ms)
    readings = read_all(View(at_ms, days, state, person, policy.thresholds))
    hits = with_readings(standing.hits, readings)
    score = score_at(hits, person, policy, at_ms)
    taken = [
        Taken(level=cast("Level", done.level), at_ms=done.at_ms)
        for done in standing.interventions
        if done.origin == "policy" and done.action != "lift"
    ]
    in_force = state.house_limits.get("deposit.weekly")
    limit = deposit_limit(days, moment.today, person, policy, in_force)
    plan = plan_at(score.level, hits, taken, policy, limit, at_ms)
    if plan is None and lift_is_due(score.level, bonus_is_stopped=_policy_stops_bonus(standing)):
        plan = lift(score.level)
    told = canonical_json([_reading_data(reading) for reading in readings])
    hits_text = canonical_json({name: [hit.at_ms, dict(hit.values)] for name, hit in hits.items()})
    evaluated: Statement = Statement(
        _EVALUATED,
        (
            standing.player_id,
            hits_text,
            told,
            score.value,
            score.level,
            policy.version,
            at_ms,
        ),
    )
    tier, judged = _vip(standing, days, score.level, moment)
    statements = [
        evaluated,
        *_level_change(standing, score, policy, told, moment),
        *reactions_of(standing, reactions),
        *_outcomes(standing, days, moment.today),
        *judged,
    ]
    if plan is not None:
        statements += _intervention(standing, plan, score, policy, told, days, moment)
    is_watched = bool(score.parts) or tier != "bronze" or plan is not None
    is_watched = is_watched or any(not done.has_outcome[30] for done in standing.interventions)
    window = moment.today - vip.WINDOW_DAYS
    has_played = any(day.bets for number, day in days.items() if number > window)
    look_at = _next_day_ms(now_ms, offset_ms) if is_watched or has_played else None
    return Evaluation(score.level, plan, tier, look_at, tuple(statements))


def _policy_stops_bonus(standing: Standing) -> bool:
    """True when the latest word on bonuses is a stop by the policy; one by staff is theirs."""
    words = [done for done in standing.interventions if done.stops_bonus or done.action == "lift"]
    latest = max(words, key=lambda done: (done.at_ms, done.intervention_id), default=None)
    return latest is not None and latest.stops_bonus and latest.origin == "policy"


def _next_day_ms(now_ms: int, offset_ms: int) -> int:
    return (local_day(now_ms, offset_ms) + 1) * DAY_MS - offset_ms


def _reading_data(reading: Reading) -> dict[str, object]:
    return {
        "marker": reading.marker,
        "holds": reading.holds,
        "values": dict(reading.values),
        "evidence_at": reading.evidence_at,
        "missing": reading.missing,
    }


def _level_change(
    standing: Standing, score: Score, policy: Policy, told: str, moment: Moment
) -> list[Statement]:
    if score.level == standing.level:
        return []
    row = (
        moment.new_id(),
        standing.player_id,
        standing.level,
        score.level,
        score.value,
        policy.version,
        told,
        moment.at_ms,
    )
    return [Statement(_LEVEL, row)]


def _intervention(
    standing: Standing,
    plan: Plan,
    score: Score,
    policy: Policy,
    told: str,
    days: Mapping[int, Day],
    moment: Moment,
) -> list[Statement]:
    intervention_id = moment.new_id()
    row = (
        intervention_id,
        standing.player_id,
        plan.level,
        plan.action,
        plan.template,
        VERSION,
        int(plan.blocks_bonus),
        plan.reality_check_minutes,
        plan.pause_ms,
        plan.deposit_limit_minor,
        score.value,
        policy.version,
        told,
        canonical_json(numbers_of(days, moment.today)),
        moment.at_ms,
        moment.today,
        moment.now_ms,
    )
    statements = [Statement(_INTERVENE, row)]
    if plan.contact_within_ms is not None:
        due_at = moment.now_ms + plan.contact_within_ms
        task = (moment.new_id(), standing.player_id, intervention_id, moment.now_ms, due_at)
        statements.append(Statement(_TASK, task))
    return statements


def reactions_of(standing: Standing, reactions: Iterable[Reaction]) -> list[Statement]:
    """What the player did about interventions, each once."""
    return [
        Statement(
            _REACTION,
            (reaction.reaction, reaction.at_ms, reaction.intervention_id, standing.player_id),
        )
        for reaction in reactions
    ]


def _outcomes(standing: Standing, days: Mapping[int, Day], today: int) -> list[Statement]:
    """The outcomes that are due: all days after the intervention are over."""
    return [
        Statement(_OUTCOME[length], (canonical_json(outcome_of(days, done.on, length)), done_id))
        for done in standing.interventions
        for length, done_id in ((7, done.intervention_id), (30, done.intervention_id))
        if not done.has_outcome[length] and today > done.on + length
    ]


def _vip(
    standing: Standing, days: Mapping[int, Day], level: Level, moment: Moment
) -> tuple[VipTier, list[Statement]]:
    """The tier, judged once a day; whether its benefits rest, at every visit."""
    current = cast("VipTier", standing.vip_tier)
    rules = vip.rules_on(_EPOCH + timedelta(days=moment.today))
    tenure_days = (moment.at_ms - standing.wallet_opened_at) // DAY_MS
    play = vip.settled_play(days, moment.today, standing.currency, tenure_days)
    verdict = vip.verdict(current, play, level, rules)
    benefits = int(verdict.benefits)
    if standing.judged_on == moment.today:
        resting = Statement(_BENEFITS, (benefits, standing.player_id, benefits))
        return current, [resting]
    seen = (play.settled_minor, play.days_played, play.tenure_days)
    statements = [
        Statement(
            _STANDING,
            (
                standing.player_id,
                moment.today,
                rules.version,
                verdict.earned,
                *seen,
                benefits,
            ),
        )
    ]
    if verdict.tier != current:
        change = (
            moment.new_id(),
            standing.player_id,
            current,
            verdict.tier,
            canonical_json(list(verdict.reasons)),
            level,
            *seen,
            rules.version,
            moment.at_ms,
        )
        statements.append(Statement(_TIER_CHANGE, change))
        moved = (verdict.tier, moment.now_ms, standing.player_id)
        statements.append(Statement(_TIER, moved))
    return verdict.tier, statements
