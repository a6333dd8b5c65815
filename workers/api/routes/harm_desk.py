"""The desk of protection by markers: players, interventions, contacts, tasks, report, policy."""

from typing import Final

from http_layer.call import Answer, Call
from http_layer.routing import route, staff
from services.harm_desk import close_task, intervene, note_contact, policy_now
from services.harm_reading import (
    contact_view,
    intervention_view,
    read_player_harm,
    task_view,
    time_or_none,
)
from services.harm_report import harm_report
from services.personal_data import log_page
from services.rows import AFTER_EVERY_ID, page_of
from views.harm import (
    ContactBody,
    ContactView,
    InterventionBody,
    InterventionsQuery,
    InterventionsView,
    InterventionView,
    PlayerAtLevelView,
    PlayerHarmView,
    PlayersAtLevelView,
    PlayersByLevelQuery,
    PolicyView,
    TaskBody,
    TasksQuery,
    TasksView,
    TaskView,
)
from views.harm_report import HarmReportView, ReportQuery

from shared.identity.errors import PLAYER_NOT_FOUND
from shared.kernel.times import local_date
from shared.platform.ports import SqlValue
from shared.protection.errors import TASK_CLOSED, TASK_NOT_FOUND
from shared.protection.policy import POLICIES
from shared.protection.vip import VIP_RULES, rules_on

_TAG: Final = "Operators: player protection"
_READERS: Final = staff("support", "aml", "admin", "regulator", "auditor")
_ANALYSTS: Final = staff("aml", "admin", "regulator", "auditor")
_TALKERS: Final = staff("support", "aml", "admin")

_TASK_STATES: Final = {
    "open": "closed_at IS NULL",
    "closed": "closed_at IS NOT NULL",
    "any": "true",
}


@route(
    "GET",
    "/v1/ops/protection/policy",
    tag=_TAG,
    summary="Every version of the policy and of the VIP rules, and which is in force",
    auth=_READERS,
    response=PolicyView,
)
async def read_policy(call: Call[None]) -> PolicyView:
    return PolicyView(
        in_force=policy_now(call.house, call.now_ms).version,
        policies=[policy.as_data() for policy in POLICIES],
        vip_in_force=rules_on(local_date(call.now_ms)).version,
        vip_rules=[rules.as_data() for rules in VIP_RULES],
    )


@route(
    "GET",
    "/v1/ops/protection/report",
    tag=_TAG,
    summary="Players by level, what was done, how players reacted, and their spend after it",
    auth=_ANALYSTS,
    query=ReportQuery,
    response=HarmReportView,
)
async def read_report(call: Call[None]) -> HarmReportView:
    return await harm_report(call.house, call.query, call.now_ms)


@route(
    "GET",
    "/v1/ops/protection/players",
    tag=_TAG,
    summary="Players at a level",
    auth=_READERS,
    query=PlayersByLevelQuery,
    response=PlayersAtLevelView,
)
async def list_players_at_level(call: Call[None]) -> PlayersAtLevelView:
    wanted: PlayersByLevelQuery = call.query
    rows = await call.house.db.query(
        "SELECT player_id, score, level, level_since, evaluated_at FROM harm_players"
        " WHERE level <> 'none' AND level = coalesce(?, level) AND player_id < ?"
        " ORDER BY player_id DESC LIMIT CAST(? AS INTEGER)",
        wanted.level,
        wanted.cursor or AFTER_EVERY_ID,
        wanted.limit + 1,
    )
    page, cursor = page_of(rows, wanted.limit, "player_id")
    items = [
        PlayerAtLevelView.model_validate(
            {
                **row,
                "level_since": time_or_none(row["level_since"]),
                "evaluated_at": time_or_none(row["evaluated_at"]),
            }
        )
        for row in page
    ]
    people = {item.player_id for item in items}
    await log_page(call.house, call.principal, people, "protection", call.now_ms)
    return PlayersAtLevelView(items=items, next_cursor=cursor)


@route(
    "GET",
    "/v1/ops/protection/players/{player_id}",
    tag=_TAG,
    summary="A player's markers, score, level and tier, and what was done about them",
    auth=_READERS,
    response=PlayerHarmView,
    problems=(PLAYER_NOT_FOUND,),
)
async def read_player(call: Call[None]) -> PlayerHarmView:
    shown = await read_player_harm(call.house, call.path["player_id"], call.now_ms)
    await log_page(call.house, call.principal, [shown.player_id], "protection", call.now_ms)
    return shown


@route(
    "POST",
    "/v1/ops/protection/players/{player_id}/contacts",
    tag=_TAG,
    summary="Note a contact of a player with support",
    auth=_TALKERS,
    body=ContactBody,
    response=ContactView,
    status=201,
    problems=(PLAYER_NOT_FOUND,),
)
async def add_contact(call: Call[ContactBody]) -> Answer:
    row = await note_contact(
        call.house, call.principal, call.path["player_id"], call.body, call.now_ms
    )
    return Answer(201, contact_view(row))


@route(
    "GET",
    "/v1/ops/interventions",
    tag=_TAG,
    summary="What was done for players' protection, newest first",
    auth=_READERS,
    query=InterventionsQuery,
    response=InterventionsView,
)
async def list_interventions(call: Call[None]) -> InterventionsView:
    wanted: InterventionsQuery = call.query
    equal = {"player_id": wanted.player_id, "level": wanted.level, "status": wanted.status}
    filters = {column: value for column, value in equal.items() if value is not None}
    where = "".join(f" AND {column} = ?" for column in filters)
    rows = await call.house.db.query(
        f"SELECT * FROM interventions WHERE intervention_id < ?{where}"  # noqa: S608 - our columns
        " ORDER BY intervention_id DESC LIMIT CAST(? AS INTEGER)",
        wanted.cursor or AFTER_EVERY_ID,
        *filters.values(),
        wanted.limit + 1,
    )
    page, cursor = page_of(rows, wanted.limit, "intervention_id")
    people = {str(row["player_id"]) for row in page}
    await log_page(call.house, call.principal, people, "protection", call.now_ms)
    return InterventionsView(items=[intervention_view(row) for row in page], next_cursor=cursor)


@route(
    "POST",
    "/v1/ops/interventions",
    tag=_TAG,
    summary="Take a measure for a player's protection by a person's decision",
    auth=staff("aml", "admin"),
    body=InterventionBody,
    response=InterventionView,
    status=201,
    idempotent=True,
    problems=(PLAYER_NOT_FOUND,),
)
async def add_intervention(call: Call[InterventionBody]) -> Answer:
    name, was_known = await intervene(call.house, call.principal, call.key, call.body, call.now_ms)
    row = await call.house.db.first("SELECT * FROM interventions WHERE intervention_id = ?", name)
    assert row is not None
    replay = {"Idempotency-Replayed": "true"} if was_known else {}
    return Answer(201, intervention_view(row), replay)


@route(
    "GET",
    "/v1/ops/protection/tasks",
    tag=_TAG,
    summary="Whom somebody of the house is to talk to, newest first",
    auth=_READERS,
    query=TasksQuery,
    response=TasksView,
)
async def list_tasks(call: Call[None]) -> TasksView:
    wanted: TasksQuery = call.query
    clauses = [_TASK_STATES[wanted.state]]
    params: list[SqlValue] = [wanted.cursor or AFTER_EVERY_ID]
    if wanted.player_id is not None:
        clauses.append("player_id = ?")
        params.append(wanted.player_id)
    rows = await call.house.db.query(
        # The clauses are texts of this module.
        f"SELECT * FROM protection_tasks WHERE task_id < ? AND {' AND '.join(clauses)}"  # noqa: S608
        " ORDER BY task_id DESC LIMIT CAST(? AS INTEGER)",
        *params,
        wanted.limit + 1,
    )
    page, cursor = page_of(rows, wanted.limit, "task_id")
    people = {str(row["player_id"]) for row in page}
    await log_page(call.house, call.principal, people, "protection", call.now_ms)
    return TasksView(items=[task_view(row, call.now_ms) for row in page], next_cursor=cursor)


@route(
    "POST",
    "/v1/ops/protection/tasks/{task_id}",
    tag=_TAG,
    summary="Close a task with what came of it",
    auth=_TALKERS,
    body=TaskBody,
    response=TaskView,
    problems=(TASK_NOT_FOUND, TASK_CLOSED),
)
async def end_task(call: Call[TaskBody]) -> TaskView:
    task_id = call.path["task_id"]
    row = await close_task(call.house, call.principal, task_id, call.body, call.now_ms)
    return task_view(row, call.now_ms)


ROUTES = (
    read_policy,
    read_report,
    list_players_at_level,
    read_player,
    add_contact,
    list_interventions,
    add_intervention,
    list_tasks,
    end_task,
)
