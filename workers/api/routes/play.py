"""Play: game sessions, rounds and their recall. A bet is one call to the wallet object."""

import json
from typing import Any

from http_layer.call import Answer, Call
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, route
from services.gate import context_text, min_round_ms
from views.common import NumberedPageQuery
from views.play import (
    GameSessionBody,
    GameSessionView,
    RecallView,
    RoundBody,
    RoundsView,
    RoundView,
)

from routes.wallet import ask_wallet
from shared.compliance.model import profile_now
from shared.games.errors import GAME_NOT_FOUND
from shared.wallet.errors import (
    ANSWER_ARCHIVED,
    BET_REJECTIONS,
    GAME_SESSION_NOT_FOUND,
    ROUND_ARCHIVED,
    ROUND_NOT_FOUND,
)


@route(
    "POST",
    "/v1/me/game-sessions",
    tag="Play",
    summary="Open a session of one game at the version in force",
    auth=PLAYER,
    body=GameSessionBody,
    response=GameSessionView,
    status=201,
    problems=(GAME_NOT_FOUND, *BET_REJECTIONS),
)
async def open_game_session(call: Call[GameSessionBody]) -> Answer:
    house = call.house
    game = await house.games.get(call.body.game_id, call.now_ms, call.defer)
    profile = profile_now(house.settings.jurisdiction, call.now_ms)
    text = await call.house.wallets.execute(
        call.principal.subject_id,
        "game_session_open",
        "",
        call.principal.session_id,
        json.dumps({"game": game.for_wallet(min_round_ms(profile, game.kind))}),
        await _context(call),
    )
    return Answer.from_wallet(text)


@route(
    "POST",
    "/v1/me/rounds",
    tag="Play",
    summary="Bet, draw and settle one round",
    auth=PLAYER,
    body=RoundBody,
    response=RoundView,
    status=201,
    idempotent=True,
    rate=RateClass.MONEY,
    problems=(GAME_SESSION_NOT_FOUND, ANSWER_ARCHIVED, *BET_REJECTIONS),
)
async def play_round(call: Call[RoundBody]) -> Answer:
    bet = call.body
    payload = {"session_id": bet.session_id, "stake_minor": bet.stake_minor, "params": bet.params}
    text = await call.house.wallets.execute(
        call.principal.subject_id,
        "play",
        call.key,
        call.principal.session_id,
        json.dumps(payload),
        await _context(call),
    )
    return Answer.from_wallet(text)


@route(
    "GET",
    "/v1/me/rounds",
    tag="Play",
    summary="Own rounds, newest first",
    auth=PLAYER,
    query=NumberedPageQuery,
    response=RoundsView,
)
async def list_rounds(call: Call[None]) -> Answer:
    return await ask_wallet(call, "rounds", **call.query.model_dump())


@route(
    "GET",
    "/v1/me/rounds/{round_id}",
    tag="Play",
    summary="Recall a round as it was played (GLI-19 §4.14)",
    auth=PLAYER,
    response=RecallView,
    problems=(ROUND_NOT_FOUND, ROUND_ARCHIVED),
)
async def recall_round(call: Call[None]) -> Answer:
    return await ask_wallet(call, "round", round_id=call.path["round_id"])


async def _context(call: Call[Any]) -> str:
    """What the house says beside a bet."""
    games = await call.house.games.in_force_text(call.now_ms, call.defer)
    return context_text(games, call.house.addresses.of(call.client_ip))


ROUTES = (open_game_session, play_round, list_rounds, recall_round)
