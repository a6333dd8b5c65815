"""The desk's view of the projection: its health, its dead letters, its rebuilds."""

from http_layer.call import Answer, Call
from http_layer.routing import route, staff
from services.dead_letters import ask_replay, letters_before
from services.rebuilds import ask_rebuild, rebuild_report
from services.rows import integer, page_of
from views.audit_trail import (
    DeadLettersQuery,
    DeadLettersView,
    DeadLetterView,
    ProjectionHealthView,
    RebuildAskedView,
    RebuildBody,
    RebuildView,
    ReplayView,
)

from shared.audit.errors import DEAD_LETTER_NOT_FOUND, REBUILD_NOT_FOUND, REBUILD_RUNNING
from shared.kernel.times import rfc3339
from shared.reporting.projection_health import projection_health
from shared.wallet.errors import IDEMPOTENCY_KEY_CONFLICT


@route(
    "GET",
    "/v1/ops/projection",
    tag="Operators: projection",
    summary="How far the projection, the archive and the proofs are behind the wallets",
    auth=staff("admin", "auditor", "regulator"),
    response=ProjectionHealthView,
)
async def read_projection(call: Call[None]) -> ProjectionHealthView:
    health = await projection_health(call.house.db, call.now_ms)
    return ProjectionHealthView.model_validate(health)


@route(
    "GET",
    "/v1/ops/dead-letters",
    tag="Operators: projection",
    summary="Messages that the queue gave up, newest first",
    auth=staff("admin", "auditor"),
    query=DeadLettersQuery,
    response=DeadLettersView,
)
async def list_dead_letters(call: Call[None]) -> DeadLettersView:
    wanted = call.query
    rows = await letters_before(call.house, wanted.cursor, wanted.status, wanted.limit + 1)
    page, cursor = page_of(rows, wanted.limit, "dead_letter_id")
    times = ("created_at", "updated_at")
    items = [
        DeadLetterView.model_validate(
            {**row, **{name: rfc3339(integer(row[name])) for name in times}}
        )
        for row in page
    ]
    return DeadLettersView(items=items, next_cursor=cursor)


@route(
    "POST",
    "/v1/ops/dead-letters/{dead_letter_id}/replay",
    tag="Operators: projection",
    summary="Have the next tick bring the projection level with the wallet up to this event",
    auth=staff("admin"),
    response=ReplayView,
    status=202,
    idempotent=True,
    problems=(DEAD_LETTER_NOT_FOUND, IDEMPOTENCY_KEY_CONFLICT),
)
async def replay_dead_letter(call: Call[None]) -> Answer:
    letter_id = call.path["dead_letter_id"]
    replayed = await ask_replay(call.house, call.principal, letter_id, call.key, call.now_ms)
    body = ReplayView(dead_letter_id=letter_id, status="replay_asked")
    return Answer(202, body, {"Idempotency-Replayed": "true"} if replayed else {})


@route(
    "POST",
    "/v1/ops/projection/rebuilds",
    tag="Operators: projection",
    summary="Make the projection anew, compare it row for row, and put it into use if asked",
    auth=staff("admin"),
    body=RebuildBody,
    response=RebuildAskedView,
    status=202,
    idempotent=True,
    problems=(REBUILD_RUNNING, IDEMPOTENCY_KEY_CONFLICT),
)
async def begin_rebuild(call: Call[RebuildBody]) -> Answer:
    wanted = call.body
    rebuild_id, before = await ask_rebuild(
        call.house, call.principal, call.key, wanted.source, call.now_ms, swap=wanted.swap
    )
    body = RebuildAskedView(rebuild_id=rebuild_id, status="running")
    return Answer(202, body, {"Idempotency-Replayed": "true"} if before else {})


@route(
    "GET",
    "/v1/ops/projection/rebuilds/{rebuild_id}",
    tag="Operators: projection",
    summary="How far a rebuild is, and where the copies differ",
    auth=staff("admin", "auditor"),
    response=RebuildView,
    problems=(REBUILD_NOT_FOUND,),
)
async def read_rebuild(call: Call[None]) -> RebuildView:
    report = await rebuild_report(call.house, call.path["rebuild_id"])
    return RebuildView.model_validate(report)


ROUTES = (
    read_projection,
    list_dead_letters,
    replay_dead_letter,
    begin_rebuild,
    read_rebuild,
)
