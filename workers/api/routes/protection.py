"""Player protection: limits, pauses, self-exclusion, reality checks, as the player asks for them.

The wallet decides all of it, in the transaction in which it decides bets, so what is answered here
holds for the very next bet on every device and socket. Nothing here can loosen what is in force.
"""

import json
from typing import Any

from http_layer.call import Answer, Call
from http_layer.intake import invalid
from http_layer.routing import PLAYER, route
from services import protection
from services.intervention_texts import message_of
from services.marketing import choose_marketing, marketing_of
from services.profiles import read_profile
from views.protection import (
    PERIOD_MINUTES,
    ExclusionBody,
    InterventionAckBody,
    LimitBody,
    MarketingBody,
    PauseBody,
    RealityCheckBody,
)
from views.protection_panel import (
    ExclusionView,
    InterventionAckView,
    LimitChangeView,
    PauseView,
    ProtectionView,
    RealityCheckView,
    RealityIntervalView,
)

from shared.compliance.errors import (
    EXCLUSION_TERM_NOT_OFFERED,
    LIMIT_NOT_OFFERED,
    MARKETING_NOT_POSSIBLE,
    PAUSE_TERM_NOT_OFFERED,
)
from shared.identity.schemas import MarketingView
from shared.protection.texts import Language
from shared.wallet.answer import decode_answer
from shared.wallet.errors import (
    CURRENCY_MISMATCH,
    EXCLUSION_NOT_SHORTENED,
    INTERVENTION_CHOICE_REQUIRED,
    INTERVENTION_NOT_FOUND,
    LIMIT_CHANGE_NOT_DUE,
    LIMIT_CHANGE_NOT_FOUND,
    LIMIT_MANDATORY,
    SESSION_EXPIRED,
    WALLET_NOT_FOUND,
)

_TAG = "Player protection"
_ALWAYS = (WALLET_NOT_FOUND, SESSION_EXPIRED)
_LIMIT = "/v1/me/limits/{kind}/{period}"


@route(
    "GET",
    "/v1/me/protection",
    tag=_TAG,
    summary="Time and money of this session, day, week and month; limits; what is closed and why",
    auth=PLAYER,
    response=ProtectionView,
    problems=_ALWAYS,
)
async def read_protection(call: Call[None]) -> Answer:
    house, player = call.house, call.principal
    text = await house.wallets.query(player.subject_id, "protection", player.session_id, "{}")
    panel = protection.told(decode_answer(text))
    waiting = panel["intervention"]
    if waiting is not None:
        sent = await message_of(
            house, player.subject_id, waiting["intervention_id"], _language(call)
        )
        panel["intervention"] = {
            "intervention_id": waiting["intervention_id"],
            "template": waiting["template"],
            "demands": waiting["demands"],
            "title": None if sent is None else sent.title,
            "body": None if sent is None else sent.body,
        }
    offer = {"offer": protection.terms_on_offer(house, call.now_ms)}
    return _json(200, panel | offer | _words(call))


@route(
    "PUT",
    _LIMIT,
    tag=_TAG,
    summary="Set a limit: tighter holds at once, looser or null waits and is then confirmed",
    auth=PLAYER,
    body=LimitBody,
    response=LimitChangeView,
    problems=(LIMIT_NOT_OFFERED, LIMIT_MANDATORY, CURRENCY_MISMATCH, *_ALWAYS),
)
async def set_limit(call: Call[LimitBody]) -> Answer:
    kind, period = _asked(call)
    try:
        value = call.body.value_of(kind)
    except ValueError as wrong:
        raise invalid([{"loc": ["body", call.body.said], "msg": str(wrong)}]) from None
    if kind == "time" and value is not None and value > PERIOD_MINUTES[period]:
        raise invalid([{"loc": ["body", call.body.said], "msg": "the period has fewer minutes"}])
    currency = {} if call.body.currency is None else {"currency": call.body.currency}
    return await _command(call, "limit_set", kind=kind, period=period, value=value, **currency)


@route(
    "DELETE",
    _LIMIT,
    tag=_TAG,
    summary="Remove a limit: waits like a looser one and is then confirmed",
    auth=PLAYER,
    response=LimitChangeView,
    problems=(LIMIT_NOT_OFFERED, LIMIT_MANDATORY, *_ALWAYS),
)
async def remove_limit(call: Call[None]) -> Answer:
    kind, period = _asked(call)
    return await _command(call, "limit_set", kind=kind, period=period, value=None)


@route(
    "POST",
    f"{_LIMIT}/confirm",
    tag=_TAG,
    summary="Put a looser limit into force, from the moment on that it is due",
    auth=PLAYER,
    response=LimitChangeView,
    problems=(LIMIT_NOT_OFFERED, LIMIT_CHANGE_NOT_FOUND, LIMIT_CHANGE_NOT_DUE, *_ALWAYS),
)
async def confirm_limit(call: Call[None]) -> Answer:
    kind, period = _asked(call)
    return await _command(call, "limit_confirm", kind=kind, period=period)


@route(
    "POST",
    f"{_LIMIT}/cancel",
    tag=_TAG,
    summary="Give up a looser limit that waits",
    auth=PLAYER,
    response=LimitChangeView,
    problems=(LIMIT_NOT_OFFERED, LIMIT_CHANGE_NOT_FOUND, *_ALWAYS),
)
async def cancel_limit(call: Call[None]) -> Answer:
    kind, period = _asked(call)
    return await _command(call, "limit_cancel", kind=kind, period=period)


@route(
    "POST",
    "/v1/me/pauses",
    tag=_TAG,
    summary="Stop bets, deposits and bonuses for a while; it ends by itself and never earlier",
    auth=PLAYER,
    body=PauseBody,
    response=PauseView,
    status=201,
    problems=(PAUSE_TERM_NOT_OFFERED, EXCLUSION_NOT_SHORTENED, *_ALWAYS),
)
async def take_pause(call: Call[PauseBody]) -> Answer:
    term = call.body.to_term()
    return _json(201, await protection.pause(call.house, call.principal, term, call.now_ms))


@route(
    "POST",
    "/v1/me/exclusions",
    tag=_TAG,
    summary="Self-exclude: at once, on every device, and nobody can shorten it",
    auth=PLAYER,
    body=ExclusionBody,
    response=ExclusionView,
    status=201,
    problems=(EXCLUSION_TERM_NOT_OFFERED, EXCLUSION_NOT_SHORTENED, *_ALWAYS),
)
async def self_exclude(call: Call[ExclusionBody]) -> Answer:
    made = await protection.exclude(call.house, call.principal, call.body.to_term(), call.now_ms)
    return _json(201, made | _words(call))


@route(
    "PUT",
    "/v1/me/reality-check",
    tag=_TAG,
    summary="Choose how often to be told of time and money; the house's interval stays the longest",
    auth=PLAYER,
    body=RealityCheckBody,
    response=RealityIntervalView,
    problems=_ALWAYS,
)
async def set_reality_check(call: Call[RealityCheckBody]) -> Answer:
    return await _command(call, "reality_check_set", minutes=call.body.minutes)


@route(
    "POST",
    "/v1/me/reality-check/ack",
    tag=_TAG,
    summary="Acknowledge the reality check and begin the next period",
    auth=PLAYER,
    response=RealityCheckView,
    problems=_ALWAYS,
)
async def acknowledge_reality_check(call: Call[None]) -> Answer:
    return await _command(call, "reality_check_ack")


@route(
    "POST",
    "/v1/me/interventions/{intervention_id}/ack",
    tag=_TAG,
    summary="React to a message of player protection",
    auth=PLAYER,
    body=InterventionAckBody,
    response=InterventionAckView,
    problems=(INTERVENTION_NOT_FOUND, INTERVENTION_CHOICE_REQUIRED, *_ALWAYS),
)
async def acknowledge_intervention(call: Call[InterventionAckBody]) -> Answer:
    return await _command(
        call,
        "intervention_ack",
        intervention_id=call.path["intervention_id"],
        reaction=call.body.reaction,
    )


@route(
    "PUT",
    "/v1/me/marketing",
    tag=_TAG,
    summary="Allow or stop advertising; it is off while playing is closed to the player",
    auth=PLAYER,
    body=MarketingBody,
    response=MarketingView,
    live_session=True,
    problems=(MARKETING_NOT_POSSIBLE,),
)
async def set_marketing(call: Call[MarketingBody]) -> MarketingView:
    house, player_id = call.house, call.principal.subject_id
    reasons = (await read_profile(house, player_id)).eligibility.reasons
    await choose_marketing(house, player_id, reasons, call.now_ms, consent=call.body.consent)
    chosen = await marketing_of(house, player_id, reasons)
    return MarketingView(consent=chosen.consent, effective=chosen.effective)


def _asked(call: Call[Any]) -> tuple[str, str]:
    """Kind and period of the path, as the jurisdiction offers them."""
    kind, period = call.path["kind"], call.path["period"]
    protection.check_limit_offered(call.house, kind, period, call.now_ms)
    return kind, period


async def _command(call: Call[Any], command: str, /, **payload: object) -> Answer:
    return _json(
        200, await protection.command(call.house, call.principal, command, payload, call.now_ms)
    )


def _words(call: Call[Any]) -> protection.Body:
    return protection.words(call.house, _language(call), call.now_ms)


def _language(call: Call[Any]) -> Language:
    return protection.language_of(call.headers.get("accept-language"))


def _json(status: int, body: protection.Body) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False))


ROUTES = (
    read_protection,
    set_limit,
    remove_limit,
    confirm_limit,
    cancel_limit,
    take_pause,
    self_exclude,
    set_reality_check,
    acknowledge_reality_check,
    acknowledge_intervention,
    set_marketing,
)
