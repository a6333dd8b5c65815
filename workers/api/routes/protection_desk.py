"""The desk and a player's protection: see it and tighten it; what the player chose stays."""

import json

from http_layer.call import Answer, Call
from http_layer.routing import route, staff
from services import protection
from services.personal_data import log_page
from services.protection_desk import (
    HouseLimit,
    newest_orders,
    order_exclusion,
    order_limit,
    require_player,
)
from services.rows import integer, optional_integer
from views.protection import (
    OperatorExclusionBody,
    OperatorLimitBody,
)
from views.protection_panel import (
    ExclusionView,
    LimitChangeView,
    PlayerProtectionView,
)

from shared.compliance.errors import EXCLUSION_TERM_NOT_OFFERED, LIMIT_NOT_OFFERED
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.kernel.times import rfc3339
from shared.platform.ports import Record
from shared.wallet.answer import decode_answer
from shared.wallet.errors import EXCLUSION_NOT_SHORTENED, WALLET_NOT_FOUND

_TAG = "Operators: player protection"
_READERS = staff("support", "aml", "admin", "regulator", "auditor")
_WRITERS = staff("support", "admin")
_LIMITERS = staff("support", "aml", "admin")


@route(
    "GET",
    "/v1/ops/players/{player_id}/protection",
    tag=_TAG,
    summary="A player's panel as the player sees it, and what the house ordered",
    auth=_READERS,
    response=PlayerProtectionView,
    problems=(PLAYER_NOT_FOUND, WALLET_NOT_FOUND),
)
async def read_player_protection(call: Call[None]) -> Answer:
    house, player_id = call.house, call.path["player_id"]
    await require_player(house, player_id)
    asked = {
        name: protection.told(decode_answer(await house.wallets.query(player_id, kind, "", "{}")))
        for name, kind in (("panel", "protection"), ("gate", "gate"))
    }
    orders = [_order(row) for row in await newest_orders(house, player_id)]
    await log_page(house, call.principal, [player_id], "protection", call.now_ms)
    return _json(200, {**asked, "orders": orders})


@route(
    "POST",
    "/v1/ops/players/{player_id}/limits",
    tag=_TAG,
    summary="Set the house's limit for a player; aml and admin also loosen or remove it",
    auth=_LIMITERS,
    body=OperatorLimitBody,
    response=LimitChangeView,
    problems=(PLAYER_NOT_FOUND, LIMIT_NOT_OFFERED, WALLET_NOT_FOUND),
)
async def set_player_limit(call: Call[OperatorLimitBody]) -> Answer:
    asked = call.body
    protection.check_limit_offered(call.house, asked.kind, asked.period, call.now_ms)
    done = await order_limit(
        call.house,
        call.principal,
        call.path["player_id"],
        HouseLimit(asked.kind, asked.period, asked.value),
        asked.reason,
        call.now_ms,
    )
    return _json(200, done)


@route(
    "POST",
    "/v1/ops/players/{player_id}/exclusions",
    tag=_TAG,
    summary="Exclude a player; nobody can shorten it, the desk included",
    auth=_WRITERS,
    body=OperatorExclusionBody,
    response=ExclusionView,
    status=201,
    problems=(
        PLAYER_NOT_FOUND,
        EXCLUSION_TERM_NOT_OFFERED,
        EXCLUSION_NOT_SHORTENED,
        WALLET_NOT_FOUND,
    ),
)
async def exclude_player(call: Call[OperatorExclusionBody]) -> Answer:
    house = call.house
    done = await order_exclusion(
        house,
        call.principal,
        call.path["player_id"],
        call.body.to_term(),
        call.body.reason,
        call.now_ms,
    )
    language = protection.language_of(call.headers.get("accept-language"))
    return _json(201, done | protection.words(house, language, call.now_ms))


def _json(status: int, body: protection.Body) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False))


def _order(row: Record) -> dict[str, object]:
    carried_out = optional_integer(row["carried_out_at"])
    return {
        "order_id": row["order_id"],
        "command": row["command"],
        "payload": json.loads(str(row["payload"])),
        "reason": row["reason"],
        "actor_id": row["actor_id"],
        "actor_role": row["actor_role"],
        "ordered_at": rfc3339(integer(row["ordered_at"])),
        "outcome": row["outcome"],
        "carried_out_at": None if carried_out is None else rfc3339(carried_out),
    }


ROUTES = (read_player_protection, set_player_limit, exclude_player)
