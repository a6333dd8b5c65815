"""The operator's desk: game versions by two people, alerts, the audit log."""

import json
from collections.abc import Sequence
from typing import Any, Final

from http_layer.call import Call
from http_layer.routing import route, staff
from services.approvals import decide_approval, log_readers, readable_kinds
from services.catalogue_changes import propose_rtp
from services.payment_alerts import RULES as PAYMENT_RULES
from services.rows import page_of
from views.common import NumberedPageQuery
from views.ops import (
    AlertsQuery,
    AlertsView,
    AlertView,
    ApprovalsQuery,
    ApprovalsView,
    ApprovalView,
    AuditEntryView,
    AuditView,
    DecisionBody,
    GameVersionView,
    RtpBody,
)

from shared.audit.errors import (
    APPROVAL_DECIDED,
    APPROVAL_EXPIRED,
    APPROVAL_NOT_FOUND,
    MAKER_IS_CHECKER,
)
from shared.games.errors import GAME_NOT_FOUND
from shared.kernel.times import rfc3339
from shared.platform.ports import Record, SqlValue
from shared.rtp.errors import ALL_PROBLEMS as RTP_PROBLEMS

AFTER_EVERY_SEQ: Final = 10**15
"""The cursor of the first page of a list by sequence number."""


@route(
    "PUT",
    "/v1/ops/games/{game_id}/rtp",
    tag="Operators: games",
    summary="Propose another RTP: a new version that a second person must approve",
    auth=staff("game_ops", "admin"),
    body=RtpBody,
    response=GameVersionView,
    status=201,
    problems=(GAME_NOT_FOUND, *RTP_PROBLEMS),
)
async def change_rtp(call: Call[RtpBody]) -> GameVersionView:
    return await propose_rtp(
        call.house, call.principal, call.path["game_id"], call.body, call.now_ms
    )


@route(
    "GET",
    "/v1/ops/approvals",
    tag="Operators: approvals",
    summary="What waits for, or had, a second person; a role sees the kinds that it may decide",
    auth=staff("game_ops", "finance", "kyc", "admin", "auditor", "regulator"),
    query=ApprovalsQuery,
    response=ApprovalsView,
)
async def list_approvals(call: Call[None]) -> ApprovalsView:
    rows = await _newest(
        call,
        "approvals",
        "approval_id",
        status=call.query.status,
        among=("kind", readable_kinds(call.principal)),
    )
    page, cursor = page_of(rows, call.query.limit, "approval_id")
    await log_readers(call.house, call.principal, page, call.now_ms)
    return ApprovalsView(items=[approval_view(row) for row in page], next_cursor=cursor)


@route(
    "POST",
    "/v1/ops/approvals/{approval_id}",
    tag="Operators: approvals",
    summary="Approve or reject what somebody else proposed; each kind has its roles",
    auth=staff("game_ops", "finance", "kyc", "admin"),
    body=DecisionBody,
    response=ApprovalView,
    problems=(APPROVAL_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_EXPIRED, MAKER_IS_CHECKER),
)
async def decide(call: Call[DecisionBody]) -> ApprovalView:
    row = await decide_approval(
        call.house, call.principal, call.path["approval_id"], call.body, call.now_ms
    )
    return approval_view(row)


@route(
    "GET",
    "/v1/ops/aml/alerts",
    tag="Operators: AML",
    summary="Alerts of AML and of payments, newest first; finance sees those of payments only",
    auth=staff("aml", "finance", "admin", "auditor", "regulator"),
    query=AlertsQuery,
    response=AlertsView,
)
async def list_alerts(call: Call[None]) -> AlertsView:
    wanted = call.query
    rows = await _newest(
        call,
        "aml_alerts",
        "alert_id",
        status=wanted.status,
        band=wanted.band,
        player_id=wanted.player_id,
        within=("rule_id", f"{PAYMENT_RULES}*") if call.principal.role == "finance" else None,
    )
    page, cursor = page_of(rows, wanted.limit, "alert_id")
    return AlertsView(items=[_alert_view(row) for row in page], next_cursor=cursor)


@route(
    "GET",
    "/v1/ops/audit",
    tag="Operators: audit",
    summary="The hash-chained log of what staff did, newest first",
    auth=staff("admin", "auditor", "regulator"),
    query=NumberedPageQuery,
    response=AuditView,
)
async def read_audit(call: Call[None]) -> AuditView:
    before = int(call.query.cursor or AFTER_EVERY_SEQ)
    rows = await call.house.db.query(
        "SELECT * FROM audit_log WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before,
        call.query.limit + 1,
    )
    page, following = page_of(rows, call.query.limit, "seq")
    return AuditView(items=[_audit_view(row) for row in page], next_cursor=following)


async def _newest(
    call: Call[Any],
    table: str,
    key: str,
    *,
    within: tuple[str, str] | None = None,
    among: tuple[str, Sequence[str]] | None = None,
    **equal: str | None,
) -> list[Record]:
    """`limit + 1` rows of a table of this module, newest key first, filtered by equality, with
    `within` to a column that matches a GLOB pattern, with `among` to one that has such a value.
    """
    filters = {column: value for column, value in equal.items() if value is not None}
    clauses = [f"{column} = ?" for column in filters]
    params: list[SqlValue] = list(filters.values())
    if within is not None:
        clauses.append(f"{within[0]} GLOB ?")
        params.append(within[1])
    if among is not None:
        clauses.append(f"{among[0]} IN (SELECT value FROM json_each(?))")  # noqa: S608 - as below
        params.append(json.dumps(among[1]))
    if call.query.cursor is not None:
        clauses.append(f"{key} < ?")
        params.append(call.query.cursor)
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    # Table, key and columns are names of this module.
    statement = f"SELECT * FROM {table} {where}ORDER BY {key} DESC LIMIT ?"  # noqa: S608
    return await call.house.db.query(statement, *params, call.query.limit + 1)


def approval_view(row: Record) -> ApprovalView:
    """The approval of a row of `approvals`."""
    return ApprovalView(
        **{
            **{name: value for name, value in row.items() if name != "proposal_key"},
            "subject": json.loads(str(row["subject"])),
            "created_at": _time(row["created_at"]),
            "decided_at": _time(row["decided_at"]),
            "carried_out_at": _time(row["carried_out_at"]),
        }
    )


def _alert_view(row: Record) -> AlertView:
    times = ("window_started_at", "window_ended_at", "created_at", "updated_at")
    return AlertView(
        **{
            **row,
            **{name: _time(row[name]) for name in times},
            "evidence": json.loads(str(row["evidence"])),
        }
    )


def _audit_view(row: Record) -> AuditEntryView:
    return AuditEntryView(
        **{**row, "recorded_at": _time(row["recorded_at"]), "data": json.loads(str(row["data"]))}
    )


def _time(at_ms: SqlValue) -> str | None:
    return rfc3339(at_ms) if isinstance(at_ms, int) else None


ROUTES = (change_rtp, list_approvals, decide, list_alerts, read_audit)
