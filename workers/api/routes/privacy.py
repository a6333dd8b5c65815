"""Privacy: what people may ask about their data, and what the house does with them under watch."""

import json
from typing import Any, Final, Literal

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, route, staff
from services.data_exports import SLICES_PER_REQUEST, begin_export, find_export, go_on, read_part
from services.erasure import decide_erasure, last_request, request_erasure, what_stays
from services.key_rotation import standing
from services.personal_data import disclose
from services.rows import AFTER_EVERY_ID, integer, page_of
from services.step_up import require_step_up
from services.visits import visit_of
from views.common import PageQuery
from views.kyc_rows import optional_time
from views.privacy import (
    AccessesView,
    AccessView,
    DataExportPartView,
    DataExportView,
    DisclosureBody,
    DisclosureView,
    ErasureDecisionBody,
    ErasureDeskView,
    ErasuresQuery,
    ErasuresView,
    ErasureView,
    KeptView,
    KeysView,
)

from shared.compliance.errors import (
    DATA_EXPORT_NOT_FOUND,
    DATA_EXPORT_NOT_READY,
    ERASURE_DECIDED,
    ERASURE_MONEY_OPEN,
    ERASURE_NOT_FOUND,
    PERSONAL_DATA_NOT_FOR_ROLE,
)
from shared.identity.errors import PERSONAL_DATA_ERASED, PLAYER_NOT_FOUND, STEP_UP_REQUIRED
from shared.kernel.times import rfc3339
from shared.platform.ports import Record

WATCHERS: Final = staff("admin", "auditor", "regulator")


@route(
    "POST",
    "/v1/me/erasure",
    tag="Privacy",
    summary="Ask for the erasure of one's data; the answer says what law keeps and until when",
    auth=PLAYER,
    response=ErasureView,
    status=201,
    live_session=True,
    problems=(STEP_UP_REQUIRED,),
)
async def ask_for_erasure(call: Call[None]) -> Answer:
    await _prove(call)
    row, was_there = await request_erasure(call.house, call.principal.subject_id, call.now_ms)
    replay = {"Idempotency-Replayed": "true"} if was_there else {}
    return Answer(201, _erasure_view(call, row), replay)


@route(
    "GET",
    "/v1/me/erasure",
    tag="Privacy",
    summary="The last request of erasure",
    auth=PLAYER,
    response=ErasureView,
    live_session=True,
    problems=(ERASURE_NOT_FOUND,),
)
async def read_erasure(call: Call[None]) -> ErasureView:
    return _erasure_view(call, await last_request(call.house, call.principal.subject_id))


@route(
    "POST",
    "/v1/me/data-exports",
    tag="Privacy",
    summary="Ask for everything that is held about oneself; one a day is made",
    auth=PLAYER,
    response=DataExportView,
    status=201,
    live_session=True,
    problems=(STEP_UP_REQUIRED,),
)
async def ask_for_export(call: Call[None]) -> Answer:
    await _prove(call)
    row, was_there = await begin_export(call.house, call.principal.subject_id, call.now_ms)
    replay = {"Idempotency-Replayed": "true"} if was_there else {}
    return Answer(201, _export_view(row), replay)


@route(
    "GET",
    "/v1/me/data-exports/{export_id}",
    tag="Privacy",
    summary="How far an export is; asking moves it on",
    auth=PLAYER,
    response=DataExportView,
    live_session=True,
    problems=(DATA_EXPORT_NOT_FOUND,),
)
async def read_export(call: Call[None]) -> DataExportView:
    row = await find_export(call.house, call.principal.subject_id, call.path["export_id"])
    return _export_view(await go_on(call.house, row, SLICES_PER_REQUEST))


@route(
    "GET",
    "/v1/me/data-exports/{export_id}/parts/{number}",
    tag="Privacy",
    summary="One part of an export",
    auth=PLAYER,
    response=DataExportPartView,
    live_session=True,
    problems=(DATA_EXPORT_NOT_FOUND, DATA_EXPORT_NOT_READY, STEP_UP_REQUIRED),
)
async def read_export_part(call: Call[None]) -> Answer:
    await _prove(call)
    text = call.path["number"]
    number = int(text) if text.isdecimal() and len(text) <= 6 else 0
    player_id = call.principal.subject_id
    return Answer(200, await read_part(call.house, player_id, call.path["export_id"], number))


@route(
    "GET",
    "/v1/ops/privacy/erasures",
    tag="Operators: privacy",
    summary="Requests of erasure, newest first",
    auth=staff("kyc", "admin", "auditor", "regulator"),
    query=ErasuresQuery,
    response=ErasuresView,
)
async def list_erasures(call: Call[None]) -> ErasuresView:
    wanted = call.query
    rows = await call.house.db.query(
        "SELECT * FROM erasure_requests WHERE request_id < ?1 AND (?2 IS NULL OR status = ?2)"
        " ORDER BY request_id DESC LIMIT CAST(?3 AS INTEGER)",
        wanted.cursor or AFTER_EVERY_ID,
        wanted.status,
        wanted.limit + 1,
    )
    page, cursor = page_of(rows, wanted.limit, "request_id")
    return ErasuresView(items=[_desk_view(row) for row in page], next_cursor=cursor)


@route(
    "POST",
    "/v1/ops/privacy/erasures/{request_id}",
    tag="Operators: privacy",
    summary="Grant or refuse an erasure; granted, the key of the profile is destroyed",
    auth=staff("kyc", "admin"),
    body=ErasureDecisionBody,
    response=ErasureDeskView,
    problems=(ERASURE_NOT_FOUND, ERASURE_DECIDED, ERASURE_MONEY_OPEN),
)
async def rule_on_erasure(call: Call[ErasureDecisionBody]) -> ErasureDeskView:
    row = await decide_erasure(
        call.house,
        call.principal,
        call.path["request_id"],
        is_granted=call.body.decision == "grant",
        reason=call.body.reason,
        now_ms=call.now_ms,
    )
    return _desk_view(row)


@route(
    "POST",
    "/v1/ops/players/{player_id}/personal-data",
    tag="Operators: privacy",
    summary="Open personal data in full, for a stated purpose; it is logged before it is shown",
    auth=staff("support", "kyc", "aml", "finance", "admin", "regulator"),
    body=DisclosureBody,
    response=DisclosureView,
    problems=(PLAYER_NOT_FOUND, PERSONAL_DATA_NOT_FOR_ROLE, PERSONAL_DATA_ERASED),
)
async def open_personal_data(call: Call[DisclosureBody]) -> DisclosureView:
    player_id, body = call.path["player_id"], call.body
    opened = await disclose(
        call.house,
        call.principal,
        player_id,
        body.fields,
        purpose=body.purpose,
        note=body.note,
        now_ms=call.now_ms,
    )
    return DisclosureView(player_id=player_id, fields=opened)


@route(
    "GET",
    "/v1/ops/players/{player_id}/personal-data/access",
    tag="Operators: privacy",
    summary="Who looked at this player's data, newest first",
    auth=WATCHERS,
    query=PageQuery,
    response=AccessesView,
)
async def list_access(call: Call[None]) -> AccessesView:
    rows = await call.house.db.query(
        "SELECT * FROM personal_data_access WHERE player_id = ? AND access_id < ?"
        " ORDER BY access_id DESC LIMIT CAST(? AS INTEGER)",
        call.path["player_id"],
        call.query.cursor or AFTER_EVERY_ID,
        call.query.limit + 1,
    )
    page, cursor = page_of(rows, call.query.limit, "access_id")
    return AccessesView(items=[_access_view(row) for row in page], next_cursor=cursor)


@route(
    "GET",
    "/v1/ops/privacy/keys",
    tag="Operators: privacy",
    summary="How many things need which key, so that an old key can go when none does",
    auth=WATCHERS,
    response=KeysView,
)
async def read_keys(call: Call[None]) -> KeysView:
    house = call.house
    return KeysView(
        active_key=house.sealing.house.active_key_id,
        active_index_key=house.blind_index.active_key_id or "first",
        standing=await standing(house),
    )


async def _prove(call: Call[None]) -> None:
    """A session that was left open neither takes a person's data away nor has them erased."""
    await require_step_up(call.house, call.principal, None, visit_of(call), call.now_ms)


def _erasure_view(call: Call[Any], row: Record) -> ErasureView:
    closed_at = integer(row["decided_at"]) if row["status"] == "granted" else call.now_ms
    kept, told = what_stays(call.house, closed_at, _language(call))
    return ErasureView.model_validate(
        {
            "request_id": row["request_id"],
            "status": row["status"],
            "requested_at": optional_time(row["requested_at"]),
            "decided_at": optional_time(row["decided_at"]),
            "explanation": told,
            "kept": [
                KeptView(
                    record_class=one.record_class,
                    keep_until=rfc3339(one.keep_until),
                    rule_id=one.rule_id,
                    source=one.source,
                )
                for one in kept
            ],
        }
    )


def _desk_view(row: Record) -> ErasureDeskView:
    times = ("requested_at", "decided_at", "completed_at")
    return ErasureDeskView.model_validate(
        {**row, **{name: optional_time(row[name]) for name in times}}
    )


def _export_view(row: Record) -> DataExportView:
    times = ("requested_at", "ready_at", "expires_at")
    return DataExportView.model_validate(
        {
            "export_id": row["export_id"],
            "status": row["status"],
            "parts": row["parts"],
            **{name: optional_time(row[name]) for name in times},
        }
    )


def _access_view(row: Record) -> AccessView:
    shown = {name: value for name, value in row.items() if name != "keep_until"}
    return AccessView.model_validate(
        {
            **shown,
            "fields": json.loads(str(row["fields"])),
            "accessed_at": optional_time(row["accessed_at"]),
        }
    )


def _language(call: Call[Any]) -> Literal["pt-BR", "en"]:
    wanted = (call.headers.get("accept-language") or "").strip().lower()
    return "en" if wanted.startswith("en") else "pt-BR"


ROUTES = (
    ask_for_erasure,
    read_erasure,
    ask_for_export,
    read_export,
    read_export_part,
    list_erasures,
    rule_on_erasure,
    open_personal_data,
    list_access,
    read_keys,
)
