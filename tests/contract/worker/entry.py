"""A Worker for the contract tests: runs the checks inside the real runtime, on the real bindings.

    POST /check {port, check}     one check of a suite, on the workerd adapter
    POST /act {object, act}       one act of a `Specimen`, by RPC, and what the caller sees of it
    POST /send {texts}            into the queue; the consumer says on the console what it received
    POST /http {method, url, …}   one request to a service outside, and its answer
    POST /import                  what importing this module was allowed to do
    POST /env, /log {text}, /broken, /lacks   configuration, console, a wallet that raises, gaps

It breaks the house's rule against work at import on purpose: what happens then is what it reports.
"""

import hashlib
import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from contract.suites.catalogue import run_check
from contract.suites.wallets_suite import EchoWallet

from shared.platform.ports import (
    Alarm,
    Clock,
    Crypto,
    Entropy,
    HttpClient,
    HttpRequest,
    Sql,
    Unreachable,
)
from shared.platform.workerd import env
from shared.platform.workerd.alarm import DurableAlarm
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.crypto import WebCrypto
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.foreign import Foreign, JsException, unwrapped
from shared.platform.workerd.http import FetchClient
from shared.platform.workerd.log import log_line
from shared.platform.workerd.queue import received
from shared.platform.workerd.r2 import WorkerR2
from shared.platform.workerd.sql import DurableSql
from shared.platform.workerd.worker import DurableObject, Request, Response, WorkerEntrypoint

AT_IMPORT: dict[str, object] = {
    "now_ms": SystemClock().now_ms(),
    "python_ms": time.time_ns() // 1_000_000,
}
try:
    AT_IMPORT["entropy"] = SystemEntropy().token(8).hex()
except Exception as refusal:  # noqa: BLE001 - which exception it is, is the finding
    AT_IMPORT["entropy"] = f"refused: {refusal}"

VISITS: list[str] = []
"""Which objects ran in this interpreter: the reason why nothing per player may be a global."""


class Specimen(DurableObject):
    """An object to run checks in, and to misuse."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        self._storage = unwrapped(ctx).storage
        self._sql: Sql = DurableSql(ctx)
        self._alarm: Alarm = DurableAlarm(ctx)

    async def check(self, port: str, name: str) -> str:
        """Run one check on this object's storage or alarm."""
        return await _outcome(port, name, self._sql if port == "sql" else self._alarm)

    async def prepare(self) -> str:
        """A table to misuse."""
        self._sql.execute("CREATE TABLE IF NOT EXISTS note (n INTEGER, s TEXT)")
        return "ready"

    async def count(self) -> str:
        """How many notes there are."""
        return str(self._sql.query("SELECT count(*) FROM note")[0][0])

    async def write_and_raise(self) -> str:
        """A method that fails after its write."""
        self._sql.execute("INSERT INTO note (n) VALUES (1)")
        raise ValueError("after the write")

    async def write_and_raise_in_a_transaction(self) -> str:
        """The same within a transaction."""

        def body() -> str:
            self._sql.execute("INSERT INTO note (n) VALUES (1)")
            raise ValueError("after the write")

        return self._sql.transaction(body)

    async def write_and_leave_the_cursor_open(self) -> str:
        """What the adapter never does: RETURNING, and nobody reads."""
        self._unread = self._storage.sql.exec("INSERT INTO note (n) VALUES (1), (2) RETURNING n")
        return "written"

    async def bind_raw(self) -> str:
        """What JavaScript makes of Python's values when nobody looks."""
        rows = self._storage.sql.exec("SELECT typeof(?), typeof(?), ?", 5, True, b"ab").raw()
        return json.dumps(rows.toArray().to_py())

    async def visit(self) -> str:
        """Names of all objects that have visited this interpreter."""
        VISITS.append(unwrapped(self.ctx).id.name)
        return json.dumps(sorted(set(VISITS)))

    async def ring_soon(self) -> str:
        """Set the alarm for now."""
        at_ms = SystemClock().now_ms()
        await self._alarm.set_at(at_ms)
        return str(at_ms)

    async def alarm(self, _info: Foreign = None) -> None:
        """Say when it rang, and what the alarm says meanwhile."""
        log_line({"rang_ms": SystemClock().now_ms(), "set_for": await self._alarm.get()})


class Echo(DurableObject):
    """A stand-in for the wallet object, to test what carries its texts."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        self._wallet = EchoWallet()

    async def execute(
        self, kind: str, key: str, session_id: str, payload: str, context: str
    ) -> str:
        """The echo, or a bug."""
        if kind == "break":
            raise ValueError("a bug")
        return self._wallet.execute(kind, key, session_id, payload, context)

    async def query(self, kind: str, session_id: str, payload: str) -> str:
        """The echo."""
        return self._wallet.query(kind, session_id, payload)


class Default(WorkerEntrypoint):
    """The tests' way in."""

    async def fetch(self, request: Request) -> Response:
        """Route by path; a failure of the harness itself is a 500 with its traceback."""
        path = unwrapped(request.js_object).url.split("/", 3)[3]
        text = await request.text()
        try:
            answer = await self._answer(path, json.loads(text) if text else {})
        except Exception:  # noqa: BLE001 - the test shows it
            return Response(traceback.format_exc(), status=500)
        return Response(answer, headers={"content-type": "application/json"})

    async def queue(self, batch: Foreign, *_env_and_ctx: Foreign) -> None:
        """Say what was received; a text that asks for it is retried once."""
        for message in received(batch):
            if message.text.startswith("retry") and message.attempts == 1:
                message.retry()
                continue
            known = len(message.message_id) > 0
            log_line({"received": message.text, "attempts": message.attempts, "known": known})
            message.ack()

    async def _answer(self, path: str, asked: dict[str, Any]) -> str:
        match path:
            case "check":
                answer = await self._check(asked["port"], asked["check"])
            case "act":
                answer = await self._act(asked["object"], asked["act"])
            case "send":
                await env.queue(self.env, "EVENTS").send_batch(asked["texts"])
                answer = "{}"
            case "import":
                now = {"later_ms": SystemClock().now_ms(), "urandom": os.urandom(8).hex()}
                answer = json.dumps(AT_IMPORT | now)
            case "env":
                answer = json.dumps(self._env())
            case "http":
                answer = await _fetched(asked)
            case "log":
                log_line({"event": "contract", "text": asked["text"], "n": 1})
                answer = "{}"
            case "lacks":
                answer = json.dumps(_lacks())
            case "broken":
                answer = await self._broken()
            case _:
                raise LookupError(path)
        return answer

    async def _check(self, port: str, name: str) -> str:
        if port in ("sql", "alarm"):
            stub = unwrapped(self.env).SPECIMEN.getByName(f"{port} {name}")
            return str(await stub.check(port, name))
        clock: Callable[[], Clock] = SystemClock
        entropy: Callable[[], Entropy] = SystemEntropy
        crypto: Callable[[], Crypto] = WebCrypto
        subjects: dict[str, Callable[[], object]] = {
            "database": lambda: env.database(self.env, "DB"),
            "key_value": lambda: env.key_value(self.env, "CACHE"),
            "object_store": lambda: WorkerR2(self.env.STORE, page_size=2),
            "queue": lambda: env.queue(self.env, "UNHEARD"),
            "clock": clock,
            "entropy": entropy,
            "crypto": crypto,
            "wallets": lambda: env.wallets(self.env, "ECHO"),
        }
        return await _outcome(port, name, subjects[port]())

    async def _act(self, name: str, act: str) -> str:
        stub = unwrapped(self.env).SPECIMEN.getByName(name)
        try:
            return json.dumps({"answer": await getattr(stub, act)()})
        except JsException as error:
            return json.dumps({"raised": error.name, "message": error.message})

    async def _broken(self) -> str:
        try:
            await env.wallets(self.env, "ECHO").execute("p", "break", "key", "", "{}")
        except Unreachable as error:
            return json.dumps({"unreachable": str(error)})
        return "{}"

    def _env(self) -> dict[str, str]:
        found = {
            "text": env.env_text(self.env, "GREETING"),
            "default": env.env_text(self.env, "ABSENT", "fallback"),
        }
        asks: dict[str, Callable[[], object]] = {
            "absent": lambda: env.env_text(self.env, "ABSENT"),
            "no_text": lambda: env.env_text(self.env, "OBJECT"),
            "unbound": lambda: env.database(self.env, "ABSENT"),
        }
        for name, ask in asks.items():
            try:
                ask()
            except env.MissingConfiguration as error:
                found[name] = str(error)
        return found


def _lacks() -> dict[str, object]:
    """What CPython has and this runtime has not."""
    found: dict[str, object] = {
        name: hasattr(hashlib, name) for name in ("sha256", "pbkdf2_hmac", "scrypt")
    }
    try:
        threading.Thread(target=print).start()
        found["threads"] = True
    except RuntimeError:
        found["threads"] = False
    return found


async def _outcome(port: str, name: str, subject: object) -> str:
    """`{}` when the check passed, else the traceback that the test shows."""
    try:
        await run_check(port, name, subject)
    except Exception:  # noqa: BLE001 - whatever it is, the test shows it
        return json.dumps({"failed": traceback.format_exc()})
    return "{}"


async def _fetched(asked: dict[str, Any]) -> str:
    client: HttpClient = FetchClient()
    body = asked.get("body")
    request = HttpRequest(
        asked["method"],
        asked["url"],
        asked.get("headers", {}),
        None if body is None else body.encode(),
    )
    try:
        answer = await client.send(request, timeout_ms=asked["timeout_ms"], max_bytes=4_096)
    except Unreachable as failure:
        return json.dumps({"unreachable": str(failure)})
    told = {"status": answer.status, "headers": dict(answer.headers)}
    return json.dumps({**told, "body": answer.body.decode()})
