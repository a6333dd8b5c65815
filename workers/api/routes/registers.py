"""The desk's view of registers and off-boardings, and a player's own notices."""

import json
from typing import Final

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, route, staff
from services.communications import letters_of
from services.offboarding import case_of, rules_of
from services.personal_data import log_page
from services.player_clock import player_now_ms
from services.register_desk import (
    ask_everybody,
    cases_before,
    checks_before,
    impediments_of,
    outages,
    queue_lengths,
    runs_before,
    standings_of,
)
from services.rows import integer, page_of
from views.registers import (
    ChecksQuery,
    ChecksView,
    CheckView,
    CommunicationsView,
    CommunicationView,
    DeadlinesView,
    ImpedimentView,
    NoticesView,
    NoticeView,
    OffboardingsQuery,
    OffboardingsView,
    OffboardingView,
    OutageView,
    RunsQuery,
    RunsView,
    RunView,
    StandingView,
    SweepBody,
    SweepView,
)

from shared.compliance.registers.offboarding import deadlines, state_of, steps_due
from shared.kernel.times import rfc3339
from shared.platform.ports import Record, SqlValue

_DESK: Final = ("aml", "kyc", "admin", "regulator", "auditor")
_TAG: Final = "Operators: registers"
_NOTICE: Final = ("communication_id", "kind", "channel", "language", "subject", "text")


@route(
    "GET",
    "/v1/ops/impediments/runs",
    tag=_TAG,
    summary="The sweep of registers by day, who waits for an answer, and the outages",
    auth=staff(*_DESK),
    query=RunsQuery,
    response=RunsView,
)
async def list_runs(call: Call[None]) -> RunsView:
    rows = await runs_before(call.house, call.query.cursor, call.query.limit)
    # A day has a row for each register, and none of a day is left for the next page.
    days = sorted({str(row["day"]) for row in rows}, reverse=True)
    lengths = await queue_lengths(call.house, call.now_ms)
    return RunsView.model_validate(
        {
            **lengths,
            "outages": [_outage(row) for row in await outages(call.house)],
            "items": [_run(row) for row in rows],
            "next_cursor": days[-1] if len(days) == call.query.limit else None,
        }
    )


@route(
    "POST",
    "/v1/ops/impediments/runs",
    tag=_TAG,
    summary="Have the sweep ask about everybody from the next tick on",
    auth=staff("aml", "admin"),
    body=SweepBody,
    response=SweepView,
    status=202,
)
async def begin_run(call: Call[SweepBody]) -> Answer:
    due = await ask_everybody(call.house, call.principal, call.body.reason, call.now_ms)
    return Answer(202, SweepView(due=due))


@route(
    "GET",
    "/v1/ops/impediments/checks",
    tag=_TAG,
    summary="Every question about a player, newest first, and what is known now",
    auth=staff(*_DESK),
    query=ChecksQuery,
    response=ChecksView,
)
async def list_checks(call: Call[None]) -> ChecksView:
    wanted: ChecksQuery = call.query
    rows = await checks_before(call.house, wanted.player_id, wanted.cursor, wanted.limit + 1)
    page, cursor = page_of(rows, wanted.limit, "check_id")
    player_id = wanted.player_id or ""
    standings = await standings_of(call.house, player_id)
    impediments = await impediments_of(call.house, player_id)
    people = {str(row["player_id"]) for row in (*page, *standings, *impediments)}
    await log_page(call.house, call.principal, people, "register_checks", call.now_ms)
    return ChecksView(
        standings=[_standing(row) for row in standings],
        impediments=[_impediment(row) for row in impediments],
        items=[_check(row) for row in page],
        next_cursor=cursor,
    )


@route(
    "GET",
    "/v1/ops/offboarding",
    tag=_TAG,
    summary="Players who must leave: state, steps and deadlines, newest first",
    auth=staff(*_DESK, "finance"),
    query=OffboardingsQuery,
    response=OffboardingsView,
)
async def list_offboardings(call: Call[None]) -> OffboardingsView:
    wanted: OffboardingsQuery = call.query
    rows = await cases_before(
        call.house, wanted.player_id, wanted.cursor, wanted.limit + 1, open_only=wanted.open_only
    )
    page, cursor = page_of(rows, wanted.limit, "case_id")
    people = {str(row["player_id"]) for row in page}
    await log_page(call.house, call.principal, people, "offboarding", call.now_ms)
    items = [await _offboarding(call, row) for row in page]
    return OffboardingsView(items=items, next_cursor=cursor)


@route(
    "GET",
    "/v1/ops/players/{player_id}/communications",
    tag=_TAG,
    summary="What a player was told about being impeded, as it was sent",
    auth=staff("aml", "kyc", "admin", "regulator", "auditor"),
    response=CommunicationsView,
)
async def list_communications(call: Call[None]) -> CommunicationsView:
    player_id = call.path["player_id"]
    rows = await letters_of(call.house, player_id)
    if rows:
        await log_page(call.house, call.principal, [player_id], "communications", call.now_ms)
    return CommunicationsView(items=[_communication(row) for row in rows])


@route(
    "GET",
    "/v1/me/notices",
    tag="Players",
    summary="What the player was told about being impeded",
    auth=PLAYER,
    response=NoticesView,
    live_session=True,
)
async def list_notices(call: Call[None]) -> NoticesView:
    rows = await letters_of(call.house, call.principal.subject_id)
    items = [NoticeView.model_validate(_notice(row)) for row in rows]
    return NoticesView(items=items)


async def _offboarding(call: Call[None], row: Record) -> OffboardingView:
    player_id = str(row["player_id"])
    at_ms = await player_now_ms(call.house, player_id, call.now_ms)
    case, rules = case_of(row), rules_of(str(row["jurisdiction"]), at_ms)
    times = deadlines(case, rules)
    named = ("found_at", "notified_at", "closed_at", "refunded_at", "escheated_at")
    copied = ("case_id", "player_id", "refunded_minor", "escheat_approval_id", "last_failure")
    return OffboardingView.model_validate(
        {
            **{name: row[name] for name in copied},
            **{name: _time(row[name]) for name in named},
            "state": state_of(case, rules, at_ms),
            "reasons": json.loads(str(row["reasons"])),
            "next_steps": list(steps_due(case, rules, at_ms)),
            "deadlines": {
                name: rfc3339(getattr(times, name)) for name in DeadlinesView.model_fields
            },
        }
    )


def _run(row: Record) -> RunView:
    counts = ("slices", "asked", "clear", "listed", "unanswered")
    return RunView.model_validate(
        {
            "register_name": row["register"],
            "day": row["day"],
            "began_at": _time(row["began_at"]),
            "last_slice_at": _time(row["last_slice_at"]),
            **{name: row[name] for name in counts},
        }
    )


def _outage(row: Record) -> OutageView:
    return OutageView.model_validate(
        {
            "register_name": str(row["control"]).partition(":")[2],
            "outage": row["outage"],
            "began_at": _time(row["began_at"]),
            "ended_at": _time(row["ended_at"]),
            "occurrences": row["occurrences"],
        }
    )


def _check(row: Record) -> CheckView:
    copied = ("check_id", "player_id", "occasion", "result", "request_id", "outage")
    return CheckView.model_validate(
        {
            **{name: row[name] for name in copied},
            "register_name": row["register"],
            "reasons": json.loads(str(row["reasons"])),
            "checked_at": _time(row["checked_at"]),
            "recorded_at": _time(row["recorded_at"]),
        }
    )


def _standing(row: Record) -> StandingView:
    return StandingView.model_validate(
        {
            "register_name": row["register"],
            "status": row["status"],
            "reasons": json.loads(str(row["reasons"])),
            "checked_at": _time(row["checked_at"]),
            "next_at": _time(row["next_at"]),
            "wallet_was_told": row["told"] is not None,
        }
    )


def _impediment(row: Record) -> ImpedimentView:
    return ImpedimentView.model_validate(
        {
            "register_name": row["register"],
            "reason": row["reason"],
            "found_at": _time(row["found_at"]),
            "ended_at": _time(row["ended_at"]),
        }
    )


def _notice(row: Record) -> dict[str, object]:
    return {**{name: row[name] for name in _NOTICE}, "sent_at": rfc3339(integer(row["sent_at"]))}


def _communication(row: Record) -> CommunicationView:
    copied = ("template_version", "content_sha256", "reference")
    return CommunicationView.model_validate(
        {
            **_notice(row),
            **{name: row[name] for name in copied},
            "recorded_at": _time(row["recorded_at"]),
            "keep_until": _time(row["keep_until"]),
        }
    )


def _time(at_ms: SqlValue) -> str | None:
    return rfc3339(at_ms) if isinstance(at_ms, int) else None


ROUTES = (
    list_runs,
    begin_run,
    list_checks,
    list_offboardings,
    list_communications,
    list_notices,
)
