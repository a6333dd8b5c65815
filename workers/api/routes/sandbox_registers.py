"""The switches of the sandbox: registers, a bank that refuses, the clock of a closed account."""

import json

from http_layer.call import Call
from http_layer.routing import PUBLIC, route
from services.sandbox_registers import SandboxListings
from views.payments import ClockBody, ClockView
from views.registers import (
    SandboxBankBody,
    SandboxBankView,
    SandboxRegistersBody,
    SandboxRegistersView,
)

from shared.compliance.registers.gamstop import SELF_EXCLUDED
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.wallet.answer import decode_answer


@route(
    "POST",
    "/v1/sandbox/registers",
    tag="Sandbox",
    summary="Switch registers off and on, and put people on them",
    auth=PUBLIC,
    body=SandboxRegistersBody,
    response=SandboxRegistersView,
    sandbox_only=True,
)
async def switch_registers(call: Call[SandboxRegistersBody]) -> SandboxRegistersView:
    body, listings = call.body, call.house.listings
    assert isinstance(listings, SandboxListings)
    if body.sigap is not None:
        await listings.switch("sigap", is_up=body.sigap == "up")
    if body.gamstop is not None:
        await listings.switch("gamstop", is_up=body.gamstop == "up")
    if body.sigap_listing is not None:
        await listings.put("sigap", body.sigap_listing.cpf, body.sigap_listing.reasons)
    if body.gamstop_listing is not None:
        listed = body.gamstop_listing
        await listings.put("gamstop", listed.email, [SELF_EXCLUDED] if listed.is_excluded else [])
    return SandboxRegistersView(
        sigap="up" if await listings.is_up("sigap") else "down",
        gamstop="up" if await listings.is_up("gamstop") else "down",
    )


@route(
    "POST",
    "/v1/sandbox/bank",
    tag="Sandbox",
    summary="Have the bank pay, or refuse, the payouts that it is asked for",
    auth=PUBLIC,
    body=SandboxBankBody,
    response=SandboxBankView,
    sandbox_only=True,
)
async def switch_bank(call: Call[SandboxBankBody]) -> SandboxBankView:
    listings = call.house.listings
    assert isinstance(listings, SandboxListings)
    await listings.switch_bank(pays=call.body.payouts == "paid")
    return SandboxBankView(payouts=call.body.payouts)


@route(
    "POST",
    "/v1/sandbox/players/{player_id}/clock",
    tag="Sandbox",
    summary="Move the clock of a wallet forward, also after its account was closed",
    auth=PUBLIC,
    body=ClockBody,
    response=ClockView,
    sandbox_only=True,
    problems=(PLAYER_NOT_FOUND,),
)
async def advance_clock_of(call: Call[ClockBody]) -> ClockView:
    payload = json.dumps({"advance_ms": call.body.advance_ms})
    text = await call.house.wallets.execute(
        call.path["player_id"], "clock_advance", "", "", payload
    )
    answer = decode_answer(text)
    if answer.status >= 400:
        raise Rejected(PLAYER_NOT_FOUND, "There is no open wallet of this player.")
    return ClockView(now=rfc3339(json.loads(answer.body)["now_ms"]))


ROUTES = (switch_registers, switch_bank, advance_clock_of)
