"""The pieces of a bet, each as it is run on the way of `POST /v1/me/rounds`."""

import itertools
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from http_layer.app import SECURITY_HEADERS
from http_layer.intake import read_json
from http_layer.rate import RateClass, RateTable
from http_layer.routing import RouteTree
from routes import ROUTES
from services.tokens import Tokens
from views.play import RoundBody
from workers import python_from_rpc, python_to_rpc

from shared.games.catalogue import CATALOGUE
from shared.identity.model import Principal
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.ids import uuid7
from shared.platform.ports import Row, SqlValue
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.foreign import Foreign, js, optional, unwrapped
from shared.platform.workerd.log import log_line
from shared.platform.workerd.sql import DurableSql
from shared.platform.workerd.worker import Response
from shared.wallet import tables
from shared.wallet.answer import encode_body
from shared.wallet.chain import link
from shared.wallet.decide_play import Standing, decide_play
from shared.wallet.handlers import Situation, decide
from shared.wallet.read_commands import read_command, read_games_in_force
from shared.wallet.model import Moment
from shared.wallet.payload import decode_payload
from shared.wallet.posting import postings
from shared.wallet.service import Wallet
from shared.wallet.store import Store

PLAYER = "01a203dd-83c9-744c-b603-d0442593ad01"
SESSION = "01a203dd-83c9-744c-b603-d0442593ad02"
TOKEN_KEY = bytes(range(32))
CONTEXT = '{"dice":[1,1]}'
BODY = json.dumps(
    {"session_id": SESSION, "stake_minor": 100, "params": {"target": 50, "over": False}}
)
CALL = ("play", "0123456789abcdef-1234", SESSION, BODY, CONTEXT)
ANSWER = "201 0 " + json.dumps(
    {
        "round_id": PLAYER, "status": "settled", "game_id": "dice", "game_version": 1,
        "stake_minor": 100, "payout_minor": 192, "outcome": {"roll": 1234, "win": True},
        "fairness": {"server_seed_hash": "0" * 64, "client_seed": "0" * 16, "nonce": 12},
        "wallet": {"cash_minor": 123456, "bonus_minor": 0, "seq": 1234}, "warnings": [],
    }
)  # fmt: skip
HEADERS = {**SECURITY_HEADERS, "Content-Type": "application/json", "X-Request-Id": PLAYER}
LINE = {
    "method": "POST", "request_id": PLAYER, "route": "/v1/me/rounds", "subject": PLAYER,
    "status": 201, "ms": 3,
}  # fmt: skip


async def run_front(piece: str, times: int, request: Any, env: Foreign, ctx: Foreign) -> str:
    """Run a piece of the stateless Worker."""
    made = front_pieces(request, env, ctx)[piece]()
    if isinstance(made, Awaitable):
        raise TypeError(piece)
    run = made
    for _ in range(times):
        result = run()
        if hasattr(result, "send"):
            await result
    return "done"


def front_pieces(request: Any, env: Foreign, ctx: Foreign) -> dict[str, Callable[[], Any]]:
    raw = request.js_object
    tokens = Tokens({"k": TOKEN_KEY}, "k")
    now = SystemClock().now_ms()
    token = tokens.issue(Principal(PLAYER, SESSION, None), "player", now, PLAYER)
    tree, rates, entropy = RouteTree(ROUTES), RateTable(1000), SystemEntropy()
    body = BODY.encode()
    names = ("x-request-id", "cf-connecting-ip", "authorization", "idempotency-key",
             "content-length", "content-type")  # fmt: skip
    stub = unwrapped(env).OBJECT

    def incoming() -> None:
        _ = (raw.method, raw.url, optional(raw.cf))

    def headers() -> None:
        found = raw.headers
        for name in names:
            value = optional(found.get(name))
            _ = None if value is None else str(value)

    def response() -> None:
        Response(ANSWER, status=201, headers=HEADERS)

    js_headers = js.Headers.new(HEADERS.items())

    def raw_response() -> None:
        js.Response.new(ANSWER, status=201, headers=js_headers)

    return {
        "nothing": lambda: lambda: None,
        "incoming": lambda: incoming,
        "six headers": lambda: headers,
        "request id": lambda: lambda: uuid7(now, entropy.token(10)),
        "clock": lambda: SystemClock().now_ms,
        "urandom": lambda: lambda: os.urandom(10),
        "route": lambda: lambda: tree.find("POST", "/v1/me/rounds"),
        "token cached": lambda: lambda: tokens.verify(token, "player", now),
        "token decoded": lambda: lambda: jwt.decode(
            token, TOKEN_KEY, algorithms=["HS256"], audience="acme:player"
        ),
        "rate": lambda: lambda: rates.take(PLAYER, RateClass.MONEY, now),
        "body": lambda: lambda: read_json(RoundBody, "application/json", body),
        "body, pydantic alone": lambda: lambda: RoundBody.model_validate_json(body),
        "payload": lambda: lambda: json.dumps({"session_id": SESSION, "stake_minor": 100, "params": {"target": 50, "over": False}}),
        "stub": lambda: lambda: stub.getByName(PLAYER),
        "answer split": lambda: lambda: ANSWER.split(" ", 2),
        "headers merged": lambda: lambda: SECURITY_HEADERS | {"Content-Type": "a", "X-Request-Id": PLAYER},
        "log line": lambda: lambda: log_line(LINE),
        "log line, text alone": lambda: lambda: json.dumps(LINE, separators=(",", ":"), ensure_ascii=False),
        "response": lambda: response,
        "response past the SDK": lambda: raw_response,
        "SDK: request in": lambda: lambda: python_from_rpc(raw),
        "SDK: response out": lambda: (lambda r: lambda: python_to_rpc(r))(Response(ANSWER)),
    }  # fmt: skip


class Recorded:
    """`Sql` that answers from what was recorded and writes nothing: the Python of a bet alone."""

    def __init__(self, real: DurableSql) -> None:
        self._real = real
        self.known: dict[str, list[Row]] = {}

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        found = self.known.get(statement)
        if found is None:
            found = self.known[statement] = self._real.query(statement, *params)
        return found

    def execute(self, statement: str, *params: SqlValue) -> None:
        pass

    def transaction[T](self, body: Callable[[], T]) -> T:
        return body()


class BackPieces:
    """The pieces of the object, over its own storage."""

    def __init__(self, ctx: Foreign) -> None:
        self._sql = DurableSql(ctx)
        self._raw = unwrapped(ctx).storage
        self._wallet = Wallet(self._sql, SystemClock(), SystemEntropy(), CATALOGUE, sandbox=True)
        self._session = ""
        self._keys = itertools.count()

    def run(self, piece: str, times: int) -> str:
        if not self._session:
            self._open()
        run = self._pieces()[piece]()
        for _ in range(times):
            run()
        return "done"

    def touch(self) -> None:
        """One small write."""
        self._sql.execute("UPDATE outbox SET attempts = 0")

    def bet(self) -> str:
        """One bet."""
        if not self._session:
            self._open()
        return self._wallet.execute("play", self._key(), SESSION, self._payload(), CONTEXT)

    def _open(self) -> None:
        limits = [
            {"kind": "loss", "period": "daily", "value": 10**8},
            {"kind": "time", "period": "daily", "value": 1440},
        ]
        opening = {"player_id": PLAYER, "currency": "BRL", "jurisdiction": "br", "limits": limits}
        self._ask("open", opening)
        made = self._ask("deposit_request", {"amount_minor": 10**8, "method": "pix"})
        self._ask(
            "deposit_credit",
            {"deposit_id": made["deposit_id"], "amount_minor": 10**8, "end_to_end_id": self._key()},
        )
        game = {
            "game_id": "dice",
            "version": 1,
            "rtp_bps": 9600,
            "min_stake_minor": 10,
            "max_stake_minor": 10**6,
            "enabled": True,
        }
        self._session = self._ask("game_session_open", {"game": game})["session_id"]
        self._play()

    def _ask(self, kind: str, payload: object) -> Any:
        text = self._wallet.execute(kind, self._key(), "", json.dumps(payload))
        status, _, body = text.split(" ", 2)
        if int(status) >= 400:
            raise ValueError(text)
        return json.loads(body)

    def _key(self) -> str:
        return f"{os.urandom(6).hex()}-{next(self._keys)}"

    def _payload(self) -> str:
        return json.dumps(
            {
                "session_id": self._session,
                "stake_minor": 100,
                "params": {"target": 50, "over": False},
            }
        )

    def _play(self) -> None:
        text = self._wallet.execute("play", self._key(), SESSION, self._payload(), CONTEXT)
        if not text.startswith("201"):
            raise ValueError(text)

    def _pieces(self) -> dict[str, Callable[[], Callable[[], object]]]:
        sql, store, raw = self._sql, Store(self._sql), self._raw
        payload = self._payload()
        fields = decode_payload(payload)
        command = read_command("play", fields)
        head = store.head(SESSION)
        assert head is not None
        moment = Moment(SystemClock().now_ms(), SystemEntropy())
        in_force = read_games_in_force(CONTEXT)
        recorded = Recorded(self._sql)
        pure = Wallet.__new__(Wallet)
        for name in ("_clock", "_entropy", "_games", "_sandbox"):
            setattr(pure, name, getattr(self._wallet, name))
        pure._sql = recorded
        pure._store = Store(recorded)
        pure._outbox = None
        pure_key = self._key()
        pure.execute("play", pure_key, SESSION, payload, CONTEXT)
        situation = Situation(Store(recorded), head, moment, CATALOGUE, in_force)
        decision = decide(command, situation)
        events = link(head, decision.drafts, "key", moment.now_ms)
        answer = decision.answer(head)
        limits, usage = store.protection(moment.now_ms)
        game_session, seed = store.game_session(self._session), store.seed()
        standing = Standing(head, limits, usage, ())

        def many(write: Callable[[], None]) -> Callable[[], None]:
            return write

        def events_insert() -> None:
            nonlocal head
            after = link(head, decision.drafts, "key", moment.now_ms)
            tables.append(sql, after)
            from shared.wallet.chain import head_after

            head = head_after(head, after)

        numbers = itertools.count(10**9)
        from dataclasses import replace

        settled = decision.rows[0]

        def put_new_round() -> None:
            number = next(numbers)
            tables.put(
                sql,
                replace(settled, opened_seq=number, settled_seq=number + 1, round_id=self._key()),
            )

        def tx() -> None:
            sql.transaction(lambda: None)

        return {
            "nothing": lambda: lambda: None,
            "bet": lambda: self._play,
            "bet without SQL": lambda: lambda: pure.execute("play", pure_key, SESSION, payload, CONTEXT),
            "read": lambda: lambda: self._wallet._read("play", pure_key, SESSION, payload, CONTEXT),
            "read: decode": lambda: lambda: decode_payload(payload),
            "read: hash": lambda: lambda: sha256_hex(canonical_json(["play", fields])),
            "read: command": lambda: lambda: read_command("play", fields),
            "read: games in force": lambda: lambda: read_games_in_force(CONTEXT),
            "decide": lambda: lambda: decide(command, situation),
            "decide_play": lambda: lambda: decide_play(standing, game_session, seed, in_force, command, moment, CATALOGUE),
            "draw": lambda: lambda: CATALOGUE.outcome("dice", 9600, 100, {"target": 50, "over": False}, "a" * 64, "b" * 16, 5),
            "three ids": lambda: lambda: (moment.new_id(), moment.new_id(), moment.new_id()),
            "link": lambda: lambda: link(head, decision.drafts, "key", moment.now_ms),
            "postings": lambda: lambda: [postings(event) for event in events],
            "answer": lambda: lambda: encode_body(answer),
            "SQL: 5 reads": lambda: lambda: (store.answer_to(pure_key), store.head(SESSION), store.game_session(self._session), store.protection(moment.now_ms), store.seed()),
            "SQL: answer_to": lambda: lambda: store.answer_to(pure_key),
            "SQL: head": lambda: lambda: store.head(SESSION),
            "SQL: game_session": lambda: lambda: store.game_session(self._session),
            "SQL: protection": lambda: lambda: store.protection(moment.now_ms),
            "SQL: seed": lambda: lambda: store.seed(),
            "SQL: two events (with link)": lambda: events_insert,
            "SQL: round": lambda: put_new_round,
            "SQL: session": lambda: lambda: tables.put(sql, decision.rows[1]),
            "SQL: seed put": lambda: lambda: tables.put(sql, decision.rows[2]),
            "SQL: day": lambda: lambda: tables.put(sql, decision.rows[3]),
            "SQL: command": lambda: lambda: store.remember(self._key(), "0" * 64, 201, ANSWER, 5),
            "SQL: transaction": lambda: tx,
            "SQL: exec raw": lambda: lambda: raw.sql.exec("SELECT 1"),
            "SQL: exec raw, toArray": lambda: lambda: raw.sql.exec("SELECT 1").raw().toArray(),
            "SQL: exec, one row of 12": lambda: lambda: sql.query("SELECT 1,2,3,4,5,6,7,8,'a','b','c','d'"),
            "SQL: exec, 12 as one JSON": lambda: lambda: json.loads(sql.query("SELECT json_array(1,2,3,4,5,6,7,8,'a','b','c','d')")[0][0]),
            "clock": lambda: SystemClock().now_ms,
            "urandom": lambda: lambda: os.urandom(10),
            "SDK: text in": lambda: lambda: python_from_rpc(payload),
            "SDK: answer out": lambda: lambda: python_to_rpc(ANSWER),
        }  # fmt: skip
