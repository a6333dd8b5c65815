"""What protection by markers did in a period, in numbers: for the desk and for the regulator.

Levels are those of now; interventions, tasks and changes of spend are of the period, by the day on
which they were taken. Money is summed per currency and never across.
"""

import json
from collections import defaultdict
from datetime import date, timedelta
from typing import Any, Final

from views.harm_report import (
    MAX_REPORT_DAYS,
    ActionsTakenView,
    ChangeView,
    HarmReportView,
    LevelShareView,
    ReportQuery,
    SpendView,
    TasksReportView,
)

from services.container import House
from services.harm_desk import policy_now, today_of
from services.rows import integer
from shared.compliance.model import profile_now
from shared.kernel.times import DAY_MS, rfc3339
from shared.protection.model import LEVELS

DAYS_WITHOUT_A_PERIOD: Final = 30
_EPOCH: Final = date(1970, 1, 1)

_LEVELS: Final = """
SELECT level, count(*) AS players FROM harm_players WHERE level <> 'none' GROUP BY level
"""
_PLAYERS: Final = "SELECT count(*) AS players FROM players WHERE wallet_opened_at IS NOT NULL"
_TAKEN: Final = """
SELECT level, origin, action, count(*) AS taken, sum(status = 'carried_out') AS carried_out,
       sum(status = 'pending') AS pending, sum(status = 'refused') AS refused
FROM interventions WHERE taken_at >= ?1 AND taken_at < ?2 GROUP BY level, origin, action
"""
_REACTIONS: Final = """
SELECT level, origin, action, reaction, count(*) AS players FROM interventions
WHERE taken_at >= ?1 AND taken_at < ?2 AND reaction IS NOT NULL
GROUP BY level, origin, action, reaction
"""
_TASKS: Final = """
SELECT sum(opened_at >= ?1 AND opened_at < ?2) AS opened,
       sum(closed_at >= ?1 AND closed_at < ?2) AS closed,
       sum(closed_at >= ?1 AND closed_at < ?2 AND closed_at > due_at) AS closed_late,
       sum(closed_at IS NULL) AS open, sum(closed_at IS NULL AND due_at < ?3) AS overdue
FROM protection_tasks
"""
_SUMS: Final = ("days_played", "staked_minor", "loss_minor", "deposited_minor", "play_minutes")


def _change(days: int) -> str:
    sums = ", ".join(
        f"sum(t.outcome_{days} ->> '$.{side}.{name}') AS {side}_{name}"
        for side in ("before", "after")
        for name in _SUMS
    )
    return f"""
SELECT t.level, p.currency, count(*) AS interventions, {sums},
       sum(t.outcome_{days} ->> '$.after.loss_minor' < t.outcome_{days} ->> '$.before.loss_minor')
         AS spent_less
FROM interventions AS t JOIN players AS p ON p.player_id = t.player_id
WHERE t.taken_at >= ?1 AND t.taken_at < ?2 AND t.outcome_{days} IS NOT NULL
GROUP BY t.level, p.currency
"""  # noqa: S608 - built from constants of this module, at import


_CHANGES: Final[dict[int, str]] = {days: _change(days) for days in (7, 30)}


async def harm_report(house: House, query: ReportQuery, now_ms: int) -> HarmReportView:
    """The report of a period of whole days of the jurisdiction's calendar, a year at most."""
    offset_ms = profile_now(house.settings.jurisdiction, now_ms).profile.day_offset_ms
    today = today_of(house, now_ms)
    last = today if query.to is None else (query.to - _EPOCH).days
    first = last - DAYS_WITHOUT_A_PERIOD + 1
    if query.from_ is not None:
        first = (query.from_ - _EPOCH).days
        last = min(max(first, last), first + MAX_REPORT_DAYS - 1)
    period = (first * DAY_MS - offset_ms, (last + 1) * DAY_MS - offset_ms)
    everybody = await house.db.first(_PLAYERS)
    assert everybody is not None
    players = integer(everybody["players"])
    return HarmReportView(
        first_day=_EPOCH + timedelta(days=first),
        last_day=_EPOCH + timedelta(days=last),
        as_of=rfc3339(now_ms),
        policy_version=policy_now(house, now_ms).version,
        players=players,
        levels=await _levels(house, players),
        interventions=await _taken(house, period),
        tasks=await _tasks(house, period, now_ms),
        change_of_spend=await _changes(house, period),
    )


async def _levels(house: House, players: int) -> list[LevelShareView]:
    rows = await house.db.query(_LEVELS)
    counts = {str(row["level"]): integer(row["players"]) for row in rows}
    counts["none"] = max(0, players - sum(counts.values()))
    return [
        LevelShareView(
            level=level,
            players=counts.get(level, 0),
            share_bps=counts.get(level, 0) * 10_000 // players if players else 0,
        )
        for level in LEVELS
    ]


async def _taken(house: House, period: tuple[int, int]) -> list[ActionsTakenView]:
    reactions: defaultdict[tuple[object, ...], dict[str, int]] = defaultdict(dict)
    for row in await house.db.query(_REACTIONS, *period):
        group = (row["level"], row["origin"], row["action"])
        reactions[group][str(row["reaction"])] = integer(row["players"])
    rows = [
        ActionsTakenView.model_validate(
            {**row, "reactions": reactions[(row["level"], row["origin"], row["action"])]}
        )
        for row in await house.db.query(_TAKEN, *period)
    ]
    return sorted(rows, key=lambda row: (LEVELS.index(row.level), row.origin, row.action))


async def _tasks(house: House, period: tuple[int, int], now_ms: int) -> TasksReportView:
    row = await house.db.first(_TASKS, *period, now_ms)
    assert row is not None
    return TasksReportView.model_validate({name: count or 0 for name, count in row.items()})


async def _changes(house: House, period: tuple[int, int]) -> list[ChangeView]:
    found: list[ChangeView] = []
    for days, statement in _CHANGES.items():
        for row in await house.db.query(statement, *period):
            told: dict[str, Any] = json.loads(json.dumps(row))
            sides = {
                side: SpendView(**{name: told[f"{side}_{name}"] for name in _SUMS})
                for side in ("before", "after")
            }
            found.append(
                ChangeView.model_validate(
                    {
                        "level": row["level"],
                        "currency": row["currency"],
                        "days": days,
                        "interventions": row["interventions"],
                        "spent_less": row["spent_less"],
                        **sides,
                    }
                )
            )
    return sorted(found, key=lambda row: (row.days, LEVELS.index(row.level), row.currency))
