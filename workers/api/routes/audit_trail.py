"""What lets anybody check the house without trusting it: anchors, proofs, exported statements."""

import json
from typing import Final

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, PUBLIC, route, staff
from services.dead_letters import ask_replay, letters_before
from services.proofs import anchor_members, anchors_before, inclusion_proof
from services.rows import integer, page_of
from views.audit_trail import (
    AnchorsQuery,
    AnchorsView,
    AnchorView,
    DeadLettersQuery,
    DeadLettersView,
    DeadLetterView,
    ExportQuery,
    ExportView,
    ProjectionHealthView,
    ProofView,
    ReplayView,
)

from shared.audit.errors import ANCHOR_NOT_FOUND, DEAD_LETTER_NOT_FOUND, PROOF_NOT_FOUND
from shared.kernel.times import rfc3339
from shared.reporting.projection_health import projection_health
from shared.wallet.errors import IDEMPOTENCY_KEY_CONFLICT

EVENTS_PER_CALL: Final = 500
CALLS_PER_PIECE: Final = 4
"""2,000 events are about 1.5 MB: a piece stays far below what an isolate can hold."""


@route(
    "GET",
    "/v1/audit/anchors",
    tag="Public",
    summary="Daily Merkle roots over the heads of all wallets, newest first",
    auth=PUBLIC,
    query=AnchorsQuery,
    response=AnchorsView,
)
async def list_anchors(call: Call[None]) -> AnchorsView:
    rows = await anchors_before(call.house, call.query.cursor, call.query.limit + 1)
    page, cursor = page_of(rows, call.query.limit, "day")
    items = [AnchorView.model_validate(anchor_members(row)) for row in page]
    return AnchorsView(items=items, next_cursor=cursor)


@route(
    "GET",
    "/v1/me/wallet/anchors/{day}",
    tag="Wallet",
    summary="Proof that a day's published root covers this wallet",
    auth=PLAYER,
    response=ProofView,
    problems=(ANCHOR_NOT_FOUND, PROOF_NOT_FOUND),
)
async def read_proof(call: Call[None]) -> ProofView:
    proof = await inclusion_proof(call.house, call.principal.subject_id, call.path["day"])
    return ProofView.model_validate(proof)


@route(
    "GET",
    "/v1/me/wallet/export",
    tag="Wallet",
    summary="Every event with every hashed field, oldest first, up to 2,000 at a time",
    auth=PLAYER,
    query=ExportQuery,
    response=ExportView,
)
async def export_wallet(call: Call[None]) -> Answer:
    """The wallet's own columns: what was hashed reaches the player as it was hashed."""
    caller, following = call.principal, int(call.query.cursor or 1)
    events: list[object] = []
    more = True
    while more and len(events) < EVENTS_PER_CALL * CALLS_PER_PIECE:
        asked = {"from_seq": following, "to_seq": following + EVENTS_PER_CALL - 1}
        text = await call.house.wallets.query(
            caller.subject_id, "event_range", caller.session_id, json.dumps(asked)
        )
        page = json.loads(str(Answer.from_wallet(text).body))["events"]
        events += page
        following += len(page)
        more = len(page) == EVENTS_PER_CALL
    piece = {
        "format": "acme.statement/1",
        "player_id": caller.subject_id,
        "events": events,
        "next_cursor": str(following) if more else None,
    }
    return Answer(200, json.dumps(piece, separators=(",", ":"), ensure_ascii=False))


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


ROUTES = (
    list_anchors,
    read_proof,
    export_wallet,
    read_projection,
    list_dead_letters,
    replay_dead_letter,
)
