"""The desk and a player's wallet: search, 360°, time travel, and what two people change."""

import json
from typing import Any

from http_layer.call import Answer, Call
from http_layer.routing import route, staff
from services.ledger_ops import proposal_about
from services.player_desk import find_players, read_player
from services.proposals import propose
from services.wallet_proofs import prove_further
from views.ledger_ops import (
    AdjustmentBody,
    AtSeqQuery,
    BonusBody,
    ExplanationView,
    Player360View,
    PlayersQuery,
    PlayersView,
    ReleaseBody,
    SeqQuery,
    WalletProofView,
    WalletStateView,
)
from views.ops import ApprovalView

from routes.ops import approval_view
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.wallet.errors import (
    EVENT_ARCHIVED,
    EVENT_NOT_FOUND,
    WALLET_FROZEN,
    WALLET_NOT_FOUND,
)

_READERS = staff("support", "finance", "aml", "kyc", "admin", "regulator", "auditor")


@route(
    "GET",
    "/v1/ops/players",
    tag="Operators: players",
    summary="The player with exactly this e-mail address, CPF or id",
    auth=_READERS,
    query=PlayersQuery,
    response=PlayersView,
)
async def search_players(call: Call[None]) -> PlayersView:
    found = await find_players(call.house, call.principal, call.query.query, call.now_ms)
    return PlayersView(items=found, next_cursor=None)


@route(
    "GET",
    "/v1/ops/players/{player_id}",
    tag="Operators: players",
    summary="A player and their wallet, as it is or as it was after any of its events",
    auth=_READERS,
    query=AtSeqQuery,
    response=Player360View,
    problems=(PLAYER_NOT_FOUND, WALLET_NOT_FOUND, EVENT_NOT_FOUND, EVENT_ARCHIVED),
)
async def read_player_360(call: Call[None]) -> Player360View:
    player = await read_player(call.house, call.principal, call.path["player_id"], call.now_ms)
    state = await _ask(call, "state_at", call.query.at_seq)
    assert isinstance(state.body, str)
    return Player360View(
        player=player, wallet=WalletStateView.model_validate(json.loads(state.body))
    )


@route(
    "GET",
    "/v1/ops/players/{player_id}/explain",
    tag="Operators: players",
    summary="Which events make the balances, now or at any past event",
    auth=_READERS,
    query=SeqQuery,
    response=ExplanationView,
    problems=(WALLET_NOT_FOUND, EVENT_NOT_FOUND, EVENT_ARCHIVED),
)
async def explain_balance(call: Call[None]) -> Answer:
    return await _ask(call, "explain", call.query.seq)


@route(
    "POST",
    "/v1/ops/adjustments",
    tag="Operators: players",
    summary="Propose a correction of a player's cash, which a second person must approve",
    auth=staff("finance", "admin"),
    body=AdjustmentBody,
    response=ApprovalView,
    status=201,
    idempotent=True,
    problems=(PLAYER_NOT_FOUND,),
)
async def propose_adjustment(call: Call[AdjustmentBody]) -> Answer:
    body = call.body
    subject: dict[str, object] = {"direction": body.direction, "amount_minor": body.amount_minor}
    return await _propose(call, "adjustment", body.player_id, subject)


@route(
    "POST",
    "/v1/ops/bonuses",
    tag="Operators: players",
    summary="Propose a bonus for a player, which a second person must approve",
    auth=staff("finance", "admin"),
    body=BonusBody,
    response=ApprovalView,
    status=201,
    idempotent=True,
    problems=(PLAYER_NOT_FOUND,),
)
async def propose_bonus(call: Call[BonusBody]) -> Answer:
    terms = call.body.terms.model_dump(exclude_none=True)
    subject: dict[str, object] = {"amount_minor": call.body.amount_minor, "terms": terms}
    return await _propose(call, "bonus", call.body.player_id, subject)


@route(
    "POST",
    "/v1/ops/players/{player_id}/wallet-release",
    tag="Operators: players",
    summary="Propose the release of a frozen wallet, which a second person must approve",
    auth=staff("finance", "admin"),
    body=ReleaseBody,
    response=ApprovalView,
    status=201,
    idempotent=True,
    problems=(PLAYER_NOT_FOUND,),
)
async def propose_release(call: Call[ReleaseBody]) -> Answer:
    return await _propose(call, "wallet_release", call.path["player_id"], {})


@route(
    "POST",
    "/v1/ops/players/{player_id}/wallet-proof",
    tag="Operators: players",
    summary="Have a wallet prove the next 20,000 events of itself, from the first one on",
    auth=staff("aml", "finance", "admin"),
    response=WalletProofView,
    problems=(PLAYER_NOT_FOUND, WALLET_NOT_FOUND, WALLET_FROZEN),
)
async def prove_wallet(call: Call[None]) -> Answer:
    text = await prove_further(call.house, call.principal, call.path["player_id"], call.now_ms)
    return Answer.from_wallet(text)


async def _propose(
    call: Call[Any], kind: str, player_id: str, subject: dict[str, object]
) -> Answer:
    proposal = await proposal_about(call.house, kind, player_id, call.body.reason, subject)
    row, replayed = await propose(call.house, call.principal, call.key, proposal, call.now_ms)
    replay = {"Idempotency-Replayed": "true"} if replayed else {}
    return Answer(201, approval_view(row), replay)


async def _ask(call: Call[Any], kind: str, seq: int | None) -> Answer:
    """A question of the house about a player's wallet."""
    payload = {} if seq is None else {"seq": seq}
    text = await call.house.wallets.query(call.path["player_id"], kind, "", json.dumps(payload))
    return Answer.from_wallet(text)


ROUTES = (
    search_players,
    read_player_360,
    explain_balance,
    propose_adjustment,
    propose_bonus,
    propose_release,
    prove_wallet,
)
