"""The pieces of a bet in the wallet object, over the object's own storage."""

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sample import ADDRESS, ANSWER, CONTEXT, LOGIN_SESSION, PARAMS, PLAYER, payload  # type: ignore[import-not-found, unused-ignore]

from shared.games.catalogue import CATALOGUE
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.times import SAO_PAULO_OFFSET_MS
from shared.platform.ports import Row, Sql, SqlValue
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.foreign import Foreign, unwrapped
from shared.platform.workerd.sql import DurableSql
from shared.wallet import tables
from shared.wallet.answer import encode_body
from shared.wallet.chain import head_after, link
from shared.wallet.handlers import decide
from shared.wallet.memory import RememberingStore
from shared.wallet.model import Moment, Round
from shared.wallet.payload import decode_payload
from shared.wallet.posting import postings
from shared.wallet.read_commands import read_command, read_context
from shared.wallet.service import Wallet
from shared.wallet.situation import Situation
from workers import python_from_rpc, python_to_rpc

_RULES = {
    "requires": ["kyc", "impediment", "session", "place"],
    "mandatory": ["loss", "time"],
    "reality_check_minutes": 60,
    "loosening_delay_ms": 86_400_000,
}
_LIMITS = [
    {"kind": "loss", "period": "daily", "value": 10**8},
    {"kind": "time", "period": "daily", "value": 1440},
]
_GAME = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 10,
    "max_stake_minor": 10**6,
    "enabled": True,
}
_CASH_MINOR = 10**8


class Remembered:
    """`Sql` that asks once, then answers from memory, and writes nothing."""

    def __init__(self, real: Sql) -> None:
        self._real = real
        self._known: dict[str, list[Row]] = {}

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        if statement not in self._known:
            self._known[statement] = self._real.query(statement, *params)
        return self._known[statement]

    def execute(self, statement: str, *params: SqlValue) -> None:
        del statement, params

    def transaction[T](self, body: Callable[[], T]) -> T:
        return body()


class Bench:
    """A wallet that is opened, funded and seated when it is first needed."""

    def __init__(self, ctx: Foreign) -> None:
        self._sql = DurableSql(ctx)
        self._raw_sql = unwrapped(ctx).storage.sql
        self._wallet = self._new_wallet(self._sql)
        self._session_id = ""
        self._numbers = itertools.count()

    def run(self, piece: str, times: int) -> None:
        """Run a piece so many times."""
        self.bet()
        # Made anew, because what was read before the bet is no longer the wallet's head.
        run = {**self._pure_pieces(), **self._sql_pieces()}[piece]
        for _ in range(times):
            run()

    def bet(self) -> str:
        """One bet under a key of its own."""
        if not self._session_id:
            self._open()
        text = self._wallet.execute(
            "play", self._key(), LOGIN_SESSION, payload(self._session_id), CONTEXT
        )
        if not text.startswith("201"):
            raise ValueError(text)
        return text

    def _new_wallet(self, sql: Sql) -> Wallet:
        return Wallet(sql, SystemClock(), SystemEntropy(), CATALOGUE, sandbox=True)

    def _key(self) -> str:
        return f"{os.urandom(6).hex()}-{next(self._numbers)}"

    def _open(self) -> None:
        opening = {"player_id": PLAYER, "currency": "BRL", "jurisdiction": "br"}
        self._ask("open", {**opening, "limits": _LIMITS, "rules": _RULES})
        now_ms = SystemClock().now_ms()
        for name, status in (("kyc", "verified"), ("impediment", "clear")):
            fact = {"name": name, "status": status, "version": now_ms, "valid_until": None}
            self._ask("fact_record", {**fact, "reasons": []})
        place = {"verdict": "inside", "reason": None, "address": ADDRESS}
        self._ask("session_begin", {"session_id": LOGIN_SESSION, "place": place})
        made = self._ask("deposit_request", {"amount_minor": _CASH_MINOR, "method": "pix"})
        paid = {"deposit_id": made["deposit_id"], "amount_minor": _CASH_MINOR}
        self._ask("deposit_credit", {**paid, "end_to_end_id": self._key()})
        opened = self._ask("game_session_open", {"game": _GAME}, LOGIN_SESSION)
        self._session_id = opened["session_id"]

    def _ask(self, kind: str, content: object, session_id: str = "") -> Any:
        text = self._wallet.execute(kind, self._key(), session_id, json.dumps(content), CONTEXT)
        status, _, body = text.split(" ", 2)
        if int(status) >= 400:
            raise ValueError(text)
        return json.loads(body)

    def _situation(self, sql: Sql) -> Situation:
        store = RememberingStore(sql)
        head = store.head(LOGIN_SESSION)
        assert head is not None
        moment = Moment(SystemClock().now_ms(), SystemEntropy())
        return Situation(store, head, moment, CATALOGUE, read_context(CONTEXT), LOGIN_SESSION)

    def _pure_pieces(self) -> dict[str, Callable[[], object]]:
        """Python alone: what is read comes from memory, nothing is written."""
        text = payload(self._session_id)
        fields = decode_payload(text)
        command = read_command("play", fields)
        memory = Remembered(self._sql)
        dry, key = self._new_wallet(memory), self._key()
        at = self._situation(memory)
        decision = decide(command, at)
        head, now_ms, moment = at.head, at.moment.now_ms, at.moment
        events = link(head, decision.drafts, "key", now_ms)
        answer = decision.answer(head)
        seeds = ("a" * 64, "b" * 16, 5)
        return {
            "nothing": lambda: None,
            "bet": self.bet,
            "bet without SQL": lambda: dry.execute("play", key, LOGIN_SESSION, text, CONTEXT),
            "read: payload": lambda: decode_payload(text),
            "read: request hash": lambda: sha256_hex(canonical_json(["play", fields])),
            "read: command": lambda: read_command("play", fields),
            "read: context": lambda: read_context(CONTEXT),
            "decide": lambda: decide(command, at),
            "of it the draw": lambda: CATALOGUE.outcome("dice", 9600, 100, PARAMS, *seeds),
            "of it three ids": lambda: (moment.new_id(), moment.new_id(), moment.new_id()),
            "link two events": lambda: link(head, decision.drafts, "key", now_ms),
            "postings of two events": lambda: [postings(event) for event in events],
            "text of the answer": lambda: encode_body(answer),
            "SDK: text in": lambda: python_from_rpc(text),
            "SDK: answer out": lambda: python_to_rpc(ANSWER),
        }

    def _sql_pieces(self) -> dict[str, Callable[[], object]]:
        """Each statement of a bet; what is written becomes durable when the request ends."""
        sql, at = self._sql, self._situation(self._sql)
        store, now_ms, head = at.store, at.moment.now_ms, at.head
        decision = decide(read_command("play", decode_payload(payload(self._session_id))), at)
        settled, *others = decision.rows
        assert isinstance(settled, Round)
        far = itertools.count(int.from_bytes(os.urandom(5)))

        def two_events() -> None:
            nonlocal head
            events = link(head, decision.drafts, "key", now_ms)
            tables.append(sql, events)
            head = head_after(head, events)

        def new_round() -> None:
            seq = next(far)
            tables.put(sql, replace(settled, opened_seq=seq, round_id=f"{PLAYER}{seq}"))

        def remember() -> None:
            store.remember(self._key(), "0" * 64, 201, ANSWER, 5)

        names = [f"SQL write: {type(row).__name__}" for row in others]
        return {
            "SQL: exec of SELECT 1": lambda: self._raw_sql.exec("SELECT 1").raw().toArray(),
            "SQL: empty transaction": lambda: sql.transaction(lambda: None),
            "SQL read: answer to the key": lambda: store.answer_to("unknown"),
            "SQL read: head": lambda: store.head(LOGIN_SESSION),
            "SQL read: game session": lambda: store.game_session(self._session_id),
            "SQL read: limits and usage": lambda: store.protection(now_ms, SAO_PAULO_OFFSET_MS),
            "SQL read: seed": store.seed,
            "SQL write: two events, linked": two_events,
            "SQL write: Round": new_round,
            **{
                name: (lambda row=row: tables.put(sql, row))  # type: ignore[misc]
                for name, row in zip(names, others, strict=True)
            },
            "SQL write: answer to the key": remember,
        }
