"""A player's wallet: balance, statement, proof, as the wallet object answers, unparsed."""

import json
from typing import Any

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, route
from views.common import NumberedPageQuery
from views.wallet import StatementView, VerifyView, WalletView


async def ask_wallet(call: Call[Any], kind: str, **payload: object) -> Answer:
    """Query the caller's own wallet and hand its answer on."""
    text = await call.house.wallets.query(
        call.principal.subject_id, kind, call.principal.session_id, json.dumps(payload)
    )
    return Answer.from_wallet(text)


@route("GET", "/v1/me/wallet", tag="Wallet", summary="Balance", auth=PLAYER, response=WalletView)
async def read_wallet(call: Call[None]) -> Answer:
    return await ask_wallet(call, "balance")


@route(
    "GET",
    "/v1/me/wallet/events",
    tag="Wallet",
    summary="Statement, newest first",
    auth=PLAYER,
    query=NumberedPageQuery,
    response=StatementView,
)
async def list_events(call: Call[None]) -> Answer:
    return await ask_wallet(call, "events", **call.query.model_dump())


@route(
    "GET",
    "/v1/me/wallet/verify",
    tag="Wallet",
    summary="Recompute the hash chain and every balance from the first event",
    auth=PLAYER,
    response=VerifyView,
)
async def verify_wallet(call: Call[None]) -> Answer:
    return await ask_wallet(call, "verify")


ROUTES = (read_wallet, list_events, verify_wallet)
