"""What lets anybody check the house without trusting it: anchors, proofs, exported statements."""

import json
from typing import Any, Final

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, PUBLIC, route
from services.proofs import anchor_members, anchors_before, inclusion_proof
from services.rows import page_of
from views.audit_trail import (
    AnchorsQuery,
    AnchorsView,
    AnchorView,
    ExportQuery,
    ExportView,
    ProofView,
)

from shared.audit.errors import ANCHOR_NOT_FOUND, PROOF_NOT_FOUND
from shared.wallet.errors import EVENT_ARCHIVED

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
    live_session=True,
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
    problems=(EVENT_ARCHIVED,),
)
async def export_wallet(call: Call[None]) -> Answer:
    """The wallet's own columns: what was hashed reaches the player as it was hashed. Without a
    cursor it begins where the wallet's log begins: with the first event, or behind closed books.
    """
    caller = call.principal
    asked = _range_from(int(call.query.cursor)) if call.query.cursor else {}
    events: list[Any] = []
    opening = None
    more = True
    while more and len(events) < EVENTS_PER_CALL * CALLS_PER_PIECE:
        text = await call.house.wallets.query(
            caller.subject_id, "event_range", caller.session_id, json.dumps(asked)
        )
        told = json.loads(str(Answer.from_wallet(text).body))
        opening = opening or told.get("opening")
        events += told["events"]
        more = len(told["events"]) == EVENTS_PER_CALL
        asked = _range_from(events[-1]["seq"] + 1) if more else {}
    piece = {
        "format": "acme.statement/1",
        "player_id": caller.subject_id,
        "opening": opening,
        "events": events,
        "next_cursor": str(asked["from_seq"]) if more else None,
    }
    return Answer(200, json.dumps(piece, separators=(",", ":"), ensure_ascii=False))


def _range_from(seq: int) -> dict[str, int]:
    return {"from_seq": seq, "to_seq": seq + EVENTS_PER_CALL - 1}


ROUTES = (list_anchors, read_proof, export_wallet)
