"""What staff do about a player's protection: note a contact, intervene, close a task.

Each is one transaction with its entry in the audit log. What was said is sealed under the person's
own key, why somebody intervened stands with the intervention, and neither is in a log; flags,
outcomes and measures are. An intervention by staff is the measure that the policy has for a level,
under its texts and limits, and is carried out like one of the policy: at once when the wallet
answers, by the cron otherwise.
"""

import json
from datetime import date, timedelta
from typing import Final

from views.harm import ContactBody, InterventionBody, TaskBody

from services.audit import Action, carry_out
from services.container import House
from services.desk_requests import DeskRequest, once
from services.rows import integer
from shared.compliance.model import profile_now
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import HOUR_MS, local_day
from shared.platform.ports import Record, Statement
from shared.protection.carrying import ONE_PENDING, carry
from shared.protection.decide import deposit_limit, lift, plan_of
from shared.protection.errors import TASK_CLOSED, TASK_NOT_FOUND
from shared.protection.model import CONTACT_FLAGS, Day, Level, Person, Plan
from shared.protection.outcomes import numbers_of
from shared.protection.policy import Policy, policy_on
from shared.protection.state import decoded_day
from shared.protection.texts import VERSION
from shared.protection.words import flags_of

LEVEL_OF: Final[dict[str, Level]] = {
    "message": "low",
    "acknowledge": "medium",
    "choose": "high",
    "pause": "critical",
}
_EPOCH: Final = date(1970, 1, 1)
_DAYS_READ: Final = 35

_CONTACT: Final = """
INSERT INTO support_contacts (contact_id, player_id, channel, flags, note_sealed, noted_by,
                              noted_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_TASK: Final = """
INSERT INTO protection_tasks (task_id, player_id, kind, because_of, opened_at, due_at)
VALUES (?, ?, ?, ?, ?, ?)
"""
_KNOW: Final = "INSERT OR IGNORE INTO harm_players (player_id) VALUES (?)"
_LOOK: Final = "UPDATE harm_players SET look_at = ? WHERE player_id = ?"
_STANDING: Final = """
SELECT p.player_id, p.birth_date, p.currency, p.jurisdiction, coalesce(f.score, 0) AS score,
       coalesce(f.level, 'none') AS level, coalesce(f.readings, '[]') AS readings,
       coalesce(f.state ->> '$.last_at', 0) AS last_at,
       f.state ->> '$.house_limits."deposit.weekly"' AS house_limit
FROM players AS p LEFT JOIN harm_players AS f ON f.player_id = p.player_id
WHERE p.player_id = ? AND p.brand_id = ?
"""
_DAYS: Final = "SELECT day, facts FROM harm_days WHERE player_id = ? AND day >= ?"
_INTERVENE: Final = """
INSERT INTO interventions (
  intervention_id, player_id, origin, level, action, template, template_version, blocks_bonus,
  reality_check_minutes, pause_ms, deposit_limit_minor, score, policy_version, readings, numbers,
  actor_id, reason, taken_at, taken_on, status, try_at)
VALUES (?, ?, 'staff', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)
"""
_CLOSE: Final = """
UPDATE protection_tasks SET closed_at = ?, closed_by = ?, outcome = ?, note_sealed = ?
WHERE task_id = ? AND closed_at IS NULL
"""
_READ_TASK: Final = "SELECT * FROM protection_tasks WHERE task_id = ?"


def look_again(player_id: str, now_ms: int) -> tuple[Statement, Statement]:
    """Have the player looked at in the next tick although nothing was played."""
    return Statement(_KNOW, (player_id,)), Statement(_LOOK, (now_ms, player_id))


def policy_now(house: House, now_ms: int) -> Policy:
    """The version of the policy in force."""
    return policy_on(_EPOCH + timedelta(days=today_of(house, now_ms)))


def today_of(house: House, now_ms: int) -> int:
    """Number of the day of the jurisdiction's calendar."""
    rules = profile_now(house.settings.jurisdiction, now_ms)
    return local_day(now_ms, rules.profile.day_offset_ms)


async def note_contact(
    house: House, actor: Principal, player_id: str, body: ContactBody, now_ms: int
) -> Record:
    """Note a contact; one with a flag opens a review.

    Raises:
        Rejected: PLAYER_NOT_FOUND.
    """
    await _standing(house, player_id)
    contact_id = _new_id(house, now_ms)
    found = {*body.flags, *(flags_of(body.message) if body.message else ())}
    flags = [flag for flag in CONTACT_FLAGS if flag in found]
    note = None
    if body.message is not None:
        bound = f"player:{player_id}:contact.{contact_id}"
        note = await house.sealing.seal(body.message, bound=bound)
    statements = []
    task_id = None
    if flags:
        task_id = _new_id(house, now_ms)
        due_at = now_ms + policy_now(house, now_ms).actions.review_hours * HOUR_MS
        review = (task_id, player_id, "contact_review", contact_id, now_ms, due_at)
        statements = [Statement(_TASK, review), *look_again(player_id, now_ms)]
    row = (contact_id, player_id, body.channel, canonical_json(flags), note)
    noted = Statement(_CONTACT, (*row, actor.subject_id, now_ms))
    data = {"contact_id": contact_id, "channel": body.channel, "flags": flags}

    async def plan() -> Action:
        return Action("protection.contact", player_id, data, (*statements, noted))

    await carry_out(house, actor, now_ms, plan)
    return {
        "contact_id": contact_id,
        "channel": body.channel,
        "flags": canonical_json(flags),
        "noted_by": actor.subject_id,
        "noted_at": now_ms,
        "task_id": task_id,
    }


async def intervene(
    house: House, actor: Principal, key: str, body: InterventionBody, now_ms: int
) -> tuple[str, bool]:
    """Take a measure by a person's decision and have it carried out; its id, and True when this
    request had been made before.

    Raises:
        Rejected: PLAYER_NOT_FOUND; IDEMPOTENCY_KEY_CONFLICT.
    """
    request = DeskRequest(actor, key, canonical_json(body.model_dump(mode="json")))

    async def plan() -> Action:
        return await _planned(house, actor, body, now_ms)

    intervention_id, was_known = await once(house, request, now_ms, plan)
    order = await house.db.first(ONE_PENDING, intervention_id)
    if order is not None:
        await carry(house.db, house.wallets, order, now_ms)
    return intervention_id, was_known


async def _planned(house: House, actor: Principal, body: InterventionBody, now_ms: int) -> Action:
    standing = await _standing(house, body.player_id)
    rules = profile_now(str(standing["jurisdiction"]), now_ms)
    offset_ms = rules.profile.day_offset_ms
    at_ms = max(now_ms, integer(standing["last_at"]))
    today = local_day(at_ms, offset_ms)
    days = await _days(house, body.player_id, today - _DAYS_READ)
    policy = policy_now(house, now_ms)
    plan = _plan(standing, body, days, today, offset_ms, policy)
    intervention_id = _new_id(house, now_ms)
    row = (
        intervention_id,
        body.player_id,
        plan.level,
        plan.action,
        plan.template,
        VERSION,
        int(plan.blocks_bonus),
        plan.reality_check_minutes,
        plan.pause_ms,
        plan.deposit_limit_minor,
        standing["score"],
        policy.version,
        standing["readings"],
        canonical_json(numbers_of(days, today)),
        actor.subject_id,
        body.reason,
        at_ms,
        today,
        now_ms,
    )
    statements = [*look_again(body.player_id, now_ms)]
    if plan.contact_within_ms is not None:
        due_at = now_ms + plan.contact_within_ms
        task = (_new_id(house, now_ms), body.player_id, "human_contact", intervention_id, now_ms)
        statements.append(Statement(_TASK, (*task, due_at)))
    data = {"player_id": body.player_id, "action": body.action}
    statements.append(Statement(_INTERVENE, row))
    return Action("protection.intervene", intervention_id, data, tuple(statements))


def _plan(
    standing: Record,
    body: InterventionBody,
    days: dict[int, Day],
    today: int,
    offset_ms: int,
    policy: Policy,
) -> Plan:
    if body.action == "lift":
        level: Level = "none"
        return lift(level)
    person = Person(
        born=str(standing["birth_date"]),
        currency=str(standing["currency"]),
        day_offset_ms=offset_ms,
    )
    in_force = standing["house_limit"]
    limit = deposit_limit(
        days, today, person, policy, None if in_force is None else integer(in_force)
    )
    plan = plan_of(LEVEL_OF[body.action], policy, limit)
    assert plan is not None
    return plan


async def close_task(
    house: House, actor: Principal, task_id: str, body: TaskBody, now_ms: int
) -> Record:
    """Close a task with what came of it.

    Raises:
        Rejected: TASK_NOT_FOUND, TASK_CLOSED.
    """
    task = await house.db.first(_READ_TASK, task_id)
    if task is None:
        raise Rejected(TASK_NOT_FOUND, "There is no task with this id.")
    player_id = str(task["player_id"])
    note = None
    if body.note is not None:
        note = await house.sealing.seal(body.note, bound=f"player:{player_id}:task.{task_id}")
    done = Statement(_CLOSE, (now_ms, actor.subject_id, body.outcome, note, task_id))
    late_ms = max(0, now_ms - integer(task["due_at"]))
    data = {"player_id": player_id, "outcome": body.outcome, "late_ms": late_ms}

    async def plan() -> Action:
        return Action("protection.task_closed", task_id, data, (done,))

    _, happened = await carry_out(house, actor, now_ms, plan)
    if not happened:
        raise Rejected(TASK_CLOSED, "Somebody closed this task before.")
    closed = await house.db.first(_READ_TASK, task_id)
    assert closed is not None
    return closed


async def _standing(house: House, player_id: str) -> Record:
    row = await house.db.first(_STANDING, player_id, house.settings.brand_id)
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    return row


async def _days(house: House, player_id: str, since: int) -> dict[int, Day]:
    rows = await house.db.query(_DAYS, player_id, since)
    return {
        integer(row["day"]): decoded_day(integer(row["day"]), str(row["facts"])) for row in rows
    }


def readings_of(text: str) -> list[dict[str, object]]:
    """The readings of a stored row."""
    found: list[dict[str, object]] = json.loads(text)
    return found


def _new_id(house: House, now_ms: int) -> str:
    return uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
