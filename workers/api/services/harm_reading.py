"""What the desk reads of a player's protection by markers: rows of D1 as views."""

import json
from typing import Final, cast

from views.harm import (
    ContactView,
    InterventionView,
    LevelChangeView,
    PlayerHarmView,
    ReadingView,
    RestrictionsView,
    TaskView,
    TierChangeView,
    VipView,
)

from services.container import House
from services.rows import integer
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Record, SqlValue
from shared.protection.model import Level, restrictions
from shared.protection.policy import TITLES

NEWEST: Final = 20
"""Of each history on a player's page; the lists have all."""

_PLAYER: Final = """
SELECT p.player_id, p.vip_tier, coalesce(f.score, 0) AS score, coalesce(f.level, 'none') AS level,
       f.level_since, f.evaluated_at, f.policy_version, coalesce(f.seq, 0) AS seq,
       coalesce(f.readings, '[]') AS readings, v.earned, coalesce(v.benefits, 1) AS benefits,
       v.settled_minor, v.days_played, v.tenure_days, v.rules_version
FROM players AS p LEFT JOIN harm_players AS f ON f.player_id = p.player_id
LEFT JOIN vip_standings AS v ON v.player_id = p.player_id
WHERE p.player_id = ? AND p.brand_id = ?
"""
_LEVELS: Final = "SELECT * FROM harm_levels WHERE player_id = ? ORDER BY change_id DESC LIMIT 20"
_TIERS: Final = "SELECT * FROM vip_changes WHERE player_id = ? ORDER BY change_id DESC LIMIT 20"
_INTERVENTIONS: Final = (
    "SELECT * FROM interventions WHERE player_id = ? ORDER BY intervention_id DESC LIMIT 20"
)
_TASKS: Final = "SELECT * FROM protection_tasks WHERE player_id = ? ORDER BY task_id DESC LIMIT 20"
_CONTACTS: Final = """
SELECT c.*, t.task_id FROM support_contacts AS c
LEFT JOIN protection_tasks AS t ON t.because_of = c.contact_id
WHERE c.player_id = ? ORDER BY c.noted_at DESC, c.contact_id DESC LIMIT 20
"""


async def read_player_harm(house: House, player_id: str, now_ms: int) -> PlayerHarmView:
    """All that protection by markers knows of a player.

    Raises:
        Rejected: PLAYER_NOT_FOUND.
    """
    row = await house.db.first(_PLAYER, player_id, house.settings.brand_id)
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    closed = restrictions(cast("Level", row["level"]))
    tiers = await house.db.query(_TIERS, player_id)
    return PlayerHarmView.model_validate(
        {
            "player_id": player_id,
            "score": row["score"],
            "level": row["level"],
            "level_since": time_or_none(row["level_since"]),
            "evaluated_at": time_or_none(row["evaluated_at"]),
            "policy_version": row["policy_version"],
            "events_counted": row["seq"],
            "readings": readings(row["readings"]),
            "restrictions": RestrictionsView(
                bonus=closed.bonus,
                marketing=closed.marketing,
                vip_benefits=closed.vip_benefits,
                vip_promotion=closed.vip_promotion,
            ),
            "vip": _vip(row, tiers),
            "levels": [_level(change) for change in await house.db.query(_LEVELS, player_id)],
            "interventions": [
                intervention_view(done) for done in await house.db.query(_INTERVENTIONS, player_id)
            ],
            "tasks": [task_view(task, now_ms) for task in await house.db.query(_TASKS, player_id)],
            "contacts": [
                contact_view(contact) for contact in await house.db.query(_CONTACTS, player_id)
            ],
        }
    )


def readings(text: SqlValue) -> list[ReadingView]:
    """The readings of a stored text, with their titles."""
    return [
        ReadingView.model_validate(
            {
                **reading,
                "title": TITLES.get(reading["marker"], reading["marker"]),
                "evidence_at": time_or_none(reading["evidence_at"]),
            }
        )
        for reading in json.loads(str(text))
    ]


def intervention_view(row: Record) -> InterventionView:
    """A row of `interventions`."""
    times = ("pause_until", "taken_at", "carried_out_at", "reacted_at")
    texts = ("numbers", "outcome_7", "outcome_30")
    fields = InterventionView.model_fields
    return InterventionView.model_validate(
        {
            **{name: value for name, value in row.items() if name in fields},
            **{name: time_or_none(row[name]) for name in times},
            **{name: None if row[name] is None else json.loads(str(row[name])) for name in texts},
            "readings": readings(row["readings"]),
            "blocks_bonus": row["blocks_bonus"] == 1,
        }
    )


def task_view(row: Record, now_ms: int) -> TaskView:
    """A row of `protection_tasks`; it is late when it was, or is, closed after its time."""
    ended_at = now_ms if row["closed_at"] is None else integer(row["closed_at"])
    fields = TaskView.model_fields
    return TaskView.model_validate(
        {
            **{name: value for name, value in row.items() if name in fields},
            "opened_at": time_or_none(row["opened_at"]),
            "due_at": time_or_none(row["due_at"]),
            "closed_at": time_or_none(row["closed_at"]),
            "is_late": ended_at > integer(row["due_at"]),
        }
    )


def contact_view(row: Record) -> ContactView:
    """A row of `support_contacts`, with the task that it opened."""
    return ContactView.model_validate(
        {
            "contact_id": row["contact_id"],
            "channel": row["channel"],
            "flags": json.loads(str(row["flags"])),
            "noted_by": row["noted_by"],
            "noted_at": time_or_none(row["noted_at"]),
            "task_id": row["task_id"],
        }
    )


def _level(row: Record) -> LevelChangeView:
    fields = LevelChangeView.model_fields
    told = {name: value for name, value in row.items() if name in fields}
    return LevelChangeView.model_validate({**told, "changed_at": time_or_none(row["changed_at"])})


def _vip(row: Record, tiers: list[Record]) -> VipView:
    history = [
        {
            **{name: value for name, value in tier.items() if name in TierChangeView.model_fields},
            "reasons": json.loads(str(tier["reasons"])),
            "changed_at": time_or_none(tier["changed_at"]),
        }
        for tier in tiers
    ]
    return VipView.model_validate(
        {
            "tier": row["vip_tier"],
            "earned": row["earned"],
            "benefits": row["benefits"] == 1,
            "settled_minor": row["settled_minor"],
            "days_played": row["days_played"],
            "tenure_days": row["tenure_days"],
            "rules_version": row["rules_version"],
            "history": history,
        }
    )


def time_or_none(at_ms: SqlValue) -> str | None:
    """RFC 3339 of a column, null where it is empty."""
    return rfc3339(at_ms) if isinstance(at_ms, int) else None
