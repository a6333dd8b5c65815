"""The native peer: FastAPI, asyncpg and PostgreSQL doing the bet of `POST /v1/me/rounds`.

Written to be fast without cutting anything that the bet promises: the token's signature is verified
once and remembered until it expires, the body is validated by pydantic in one pass, answers are
sent as bytes, statements are prepared, connections are over a Unix socket and are not reset between
bets, and a bet is two round trips (`store`).
"""

import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

import asyncpg  # type: ignore[import-not-found, unused-ignore]
import jwt
import orjson  # type: ignore[import-not-found, unused-ignore]
from fastapi import FastAPI, Request, Response  # type: ignore[import-not-found, unused-ignore]
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.types import StrictBool, StrictInt

from bench.peer.store import READ, ROTATE, WRITE, Turns, keep_session
from bench.peer.wallet import MAX_NONCES, Bet, Refused, decide, local_day, rotation, uuid7

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_GAMES_FRESH_S: Final = 5.0
MAX_CACHED_TOKENS: Final = 4_096


class DiceParams(BaseModel):
    model_config = ConfigDict(extra="forbid")
    target: Annotated[StrictInt, Field(ge=2, le=98)]
    over: StrictBool


class RoundBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    session_id: Annotated[str, StringConstraints(pattern=_UUID)]
    stake_minor: Annotated[StrictInt, Field(ge=1)]
    params: DiceParams


class House:
    """What one process keeps: the pool, the tokens it has verified, the games in force."""

    def __init__(self, pool: Any, token_key: bytes) -> None:
        self.pool = pool
        self.turns = Turns()
        self._token_key = token_key
        self._tokens: dict[str, tuple[str, str, int]] = {}
        self._games: dict[str, int] = {}
        self._games_read_at = -_GAMES_FRESH_S

    def principal(self, authorization: str | None, now_ms: int) -> tuple[str, str]:
        """Player and login session of a bearer token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401, "token_missing")
        known = self._tokens.get(token)
        if known is None:
            known = self._verified(token)
            if len(self._tokens) >= MAX_CACHED_TOKENS:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[token] = known
        player_id, session_id, expires_s = known
        if now_ms >= expires_s * 1000:
            raise Refused(401, "token_expired")
        return player_id, session_id

    def _verified(self, token: str) -> tuple[str, str, int]:
        try:
            claims = jwt.decode(
                token,
                self._token_key,
                algorithms=["HS256"],
                audience="acme:player",
                issuer="https://acme.example/api",
                options={"require": ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]},
            )
        except jwt.PyJWTError:
            raise Refused(401, "token_invalid") from None
        return str(claims["sub"]), str(claims["sid"]), int(claims["exp"])

    async def game_version(self, connection: Any, game_id: str) -> int:
        """The version in force, 0 when the game is switched off; about five seconds old at most."""
        if time.monotonic() - self._games_read_at >= _GAMES_FRESH_S:
            self._games_read_at = time.monotonic()
            await self.read_games(connection)
        return self._games.get(game_id, 0)

    async def read_games(self, connection: Any) -> None:
        """Read the games in force anew."""
        rows = await connection.fetch("SELECT game_id, version FROM games WHERE enabled")
        self._games = {row["game_id"]: row["version"] for row in rows}

    async def play(self, bet: Bet, now_ms: int) -> tuple[bytes, bool]:
        """The answer to a bet, and whether it is a stored one."""
        async with self.turns.turn(bet.player_id), self.pool.acquire() as connection:
            while True:
                row = await connection.fetchrow(
                    READ, bet.player_id, bet.session_id, local_day(now_ms),
                    bet.login_session_id, bet.key,
                )  # fmt: skip
                if row is None:
                    raise Refused(404, "wallet_not_found")
                if row["request_hash"] is not None:
                    if row["request_hash"] != bet.request_hash():
                        raise Refused(409, "idempotency_key_conflict")
                    return row["response"].encode(), True
                if row["nonce"] >= MAX_NONCES:
                    await connection.fetch(ROTATE, *rotation(row, bet.player_id, now_ms))
                    continue
                game_version = await self.game_version(connection, row["game_id"])
                write, answer = decide(row, bet, game_version, now_ms)
                if await connection.fetchval(WRITE, *write) is not None:
                    return answer, False


async def play_round(request: Request) -> Response:
    """POST /v1/me/rounds"""
    house: House = request.app.state.house
    now_ms = time.time_ns() // 1_000_000
    request_id = request.headers.get("x-request-id") or uuid7(now_ms)
    line: dict[str, object] = {"method": "POST", "route": "/v1/me/rounds", "request_id": request_id}
    told = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    try:
        bet = await _read_bet(request, house, now_ms)
        line["subject"] = bet.player_id
        answer, replayed = await house.play(bet, now_ms)
        status = 201
        if replayed:
            told["Idempotency-Replayed"] = "true"
    except (Refused, ValidationError) as refusal:
        status, code = 422, "validation_failed"
        if isinstance(refusal, Refused):
            status, code = refusal.status, refusal.code
        answer = orjson.dumps({"status": status, "code": code, "request_id": request_id})
        told["Content-Type"] = "application/problem+json"
    line["status"] = status
    line["ms"] = time.time_ns() // 1_000_000 - now_ms
    sys.stdout.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE).decode())
    told["X-Request-Id"] = request_id
    return Response(answer, status, told)


async def _read_bet(request: Request, house: House, now_ms: int) -> Bet:
    headers = request.headers
    player_id, login_session_id = house.principal(headers.get("authorization"), now_ms)
    key = headers.get("idempotency-key")
    if key is None or not _KEY.fullmatch(key):
        raise Refused(400, "idempotency_key_required")
    body = RoundBody.model_validate_json(await request.body())
    return Bet(
        player_id=player_id,
        login_session_id=login_session_id,
        key=key,
        session_id=body.session_id,
        stake_minor=body.stake_minor,
        target=body.params.target,
        over=body.params.over,
    )


async def health() -> Response:
    """GET /healthz"""
    return Response(b'{"status":"ok"}', 200, {"Content-Type": "application/json"})


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    size = int(os.environ["PEER_POOL"])
    async with asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=size, max_size=size, reset=keep_session,
        max_inactive_connection_lifetime=0,
    ) as pool:  # fmt: skip
        app.state.house = House(pool, bytes.fromhex(os.environ["PEER_TOKEN_KEY"]))
        await app.state.house.read_games(pool)
        yield


def build() -> Any:
    """The application; uvicorn calls it in every worker process."""
    app = FastAPI(lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/v1/me/rounds", play_round, methods=["POST"], response_class=Response)
    app.add_api_route("/healthz", health, methods=["GET"], response_class=Response)
    return app
