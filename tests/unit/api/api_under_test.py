"""The API as a client sees it, without a network: native adapters and a clock moved by hand."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from http_layer.app import App
from http_layer.call import Incoming
from http_layer.intake import too_large
from http_layer.routing import Route
from routes import ROUTES
from services.container import House, Ports, build_house
from services.gate import record_fact

from shared.kernel.canonical import canonical_json
from shared.platform.native.clock import ManualClock
from shared.platform.native.crypto import NativeCrypto
from shared.platform.native.d1 import NativeD1
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.http import ScriptedHttp
from shared.platform.native.kv import NativeKv
from shared.platform.native.r2 import NativeR2
from shared.platform.ports import Record, SqlValue, Unreachable

MIGRATIONS = Path(__file__).parents[3] / "migrations_d1"


class QuickCrypto(NativeCrypto):
    """Real cryptography, but a password costs one iteration: these tests hash hundreds."""

    __slots__ = ("derivations",)

    def __init__(self) -> None:
        self.derivations = 0

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        self.derivations += 1
        await asyncio.sleep(0)  # lets other requests in, as WebCrypto does
        return await super().pbkdf2_sha256(password, salt, 1)


def open_gate() -> dict[str, Any]:
    """What a wallet answers about a player in whose way nothing stands."""
    may = dict.fromkeys(("can_bet", "can_deposit", "can_use_bonus", "can_withdraw"), True)
    return {**may, "reasons": []}


@dataclass
class RecordingWallets:
    """Wallets that remember what they were told, and are gone while `is_down`; `refuses` has the
    answers of kinds that are not done. Their clock is the world's.
    """

    clock: ManualClock = field(default_factory=ManualClock)
    opened: dict[str, dict[str, Any]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    begun: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    handed_over: list[tuple[str, str]] = field(default_factory=list)
    gate: dict[str, Any] = field(default_factory=open_gate)
    is_down: bool = False

    async def execute(
        self, player_id: str, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        if kind in self.refuses:
            return self.refuses[kind]
        members = json.loads(payload)
        if kind == "open":
            self.opened.setdefault(player_id, members)
            return '201 0 {"seq":1,"head_hash":""}'
        if kind == "session_revoke":
            self.revoked.add(members["session_id"])
            return "200 0 {}"
        if kind == "session_begin":
            self.begun.append(members)
            return "200 0 {}"
        if kind == "fact_record":
            self.facts.append((player_id, members))
            return '200 0 {"applied":true,"asked":true}'
        if kind == "rules_set":
            return '200 0 {"applied":true}'
        raise AssertionError(f"identity sends no {kind}")

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        if kind == "gate" and player_id in self.opened:
            now = {"now_ms": self.clock.now_ms()}
            return f"200 0 {json.dumps(self.gate | now)}"
        return '404 0 {"code":"wallet_not_found","detail":""}'

    async def hand_over(self, player_id: str, handed: str) -> Any:
        """A player who has no wallet is refused; anybody else gets a socket, which is no text."""
        if player_id not in self.opened:
            return '404 0 {"code":"wallet_not_found","detail":"the wallet has not been opened"}'
        self.handed_over.append((player_id, handed))
        return ("socket", player_id)


@dataclass(frozen=True)
class Reply:
    """A response."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json", self.text
        return str(self.json["code"])


def random_secret() -> str:
    """32 fresh bytes as the environment gives them."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def environment(**changes: str) -> dict[str, str]:
    """Vars and secrets of the sandbox."""
    return {
        "PROFILE": "sandbox",
        "JURISDICTION": "br",
        "RATE_LIMIT_SCALE": "1000",
        "JWT_KEYS": json.dumps({"j1": random_secret(), "j2": random_secret()}),
        "JWT_ACTIVE_KID": "j1",
        "PII_KEYS": json.dumps({"k1": random_secret()}),
        "PII_ACTIVE_KEY": "k1",
        "BLIND_INDEX_KEY": random_secret(),
        "BLIND_INDEX_KEYS": "{}",
        "BLIND_INDEX_ACTIVE": "",
        "PASSWORD_PEPPER": random_secret(),
        "PIX_WEBHOOK_SECRET": random_secret(),
        "SIGAP_TOKEN": "",
        "GAMSTOP_KEY": "",
    } | changes


class World:
    """The house, its API, and everything it writes outside."""

    def __init__(self, routes: Iterable[Route] = ROUTES, **changes: str) -> None:
        self.clock = ManualClock()
        self.crypto = QuickCrypto()
        self.wallets = RecordingWallets(self.clock)
        self.db = NativeD1(migrations=MIGRATIONS)
        self.log: list[dict[str, Any]] = []
        ports = Ports(
            db=self.db,
            cache=NativeKv(self.clock),
            documents=NativeR2(),
            wallets=self.wallets,
            live_wallets=self.wallets,
            clock=self.clock,
            entropy=SeededEntropy(secrets.randbits(64)),
            crypto=self.crypto,
            http=ScriptedHttp(lambda _: None),
            log=lambda line: self.log.append(dict(line)),
        )
        self.variables = environment(**changes)
        self._routes = tuple(routes)
        self.house: House = build_house(ports, self.variables.__getitem__)
        self.app = self.app_of(self.house)

    def app_of(self, house: House) -> App:
        """The routes of this world before a house."""
        return App(self._routes, house)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Reply:
        """One request. `body` is sent as JSON; `raw` exactly as it is."""
        sent = {"cf-connecting-ip": "192.0.2.7"} | (headers or {})
        data = b"" if body is None else canonical_json(body).encode()
        if body is not None:
            sent.setdefault("content-type", "application/json")
        if raw is not None:
            data = raw
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        return run(self._handle(method, path, data, sent))

    def identify(self, player_id: str) -> None:
        """Let the wallet hear that the identity is verified, as after an analyst's approval."""
        told = record_fact(
            self.house, player_id, "kyc", version=self.clock.now_ms(), status="verified"
        )
        assert run(told)

    def at_once(
        self, method: str, path: str, bodies: Iterable[object], *, token: str | None = None
    ) -> list[Reply]:
        """The same request with each body, all in flight together."""
        sent = {"cf-connecting-ip": "192.0.2.7", "content-type": "application/json"}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"

        async def all_of_them() -> list[Reply]:
            requests = [
                self._handle(method, path, canonical_json(body).encode(), sent) for body in bodies
            ]
            return await asyncio.gather(*requests)

        return run(all_of_them())

    def let_others_in(self) -> None:
        """From now on requests change places at every read and write of D1, as they do there."""
        for name in ("first", "query", "execute", "batch"):
            setattr(self.db, name, _after_others(getattr(self.db, name)))

    async def _handle(self, method: str, target: str, data: bytes, sent: dict[str, str]) -> Reply:
        deferred: list[Coroutine[Any, Any, object]] = []

        async def read(limit: int) -> bytes:
            if len(data) > limit:
                raise too_large(limit)
            return data

        path, _, query = target.partition("?")
        outgoing = await self.app.handle(
            Incoming(
                method=method,
                path=path,
                query=query,
                headers=sent,
                read=read,
                defer=deferred.append,
                colo="GRU",
            )
        )
        for work in deferred:
            await work
        body = outgoing.body
        content = body if isinstance(body, bytes) else body.encode()
        return Reply(outgoing.status, outgoing.headers, content)

    def rows(self, statement: str, *params: SqlValue) -> list[Record]:
        """Rows of D1."""
        return run(self.db.query(statement, *params))

    def change(self, statement: str, *params: SqlValue) -> None:
        """Change rows of D1, as nobody does through the API."""
        assert run(self.db.execute(statement, *params)) > 0


def _after_others[**P, T](call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    async def later(*args: P.args, **kwargs: P.kwargs) -> T:
        await asyncio.sleep(0)
        return await call(*args, **kwargs)

    return later


def run[T](work: Awaitable[T]) -> T:
    """The result of a coroutine."""

    async def wait() -> T:
        return await work

    return asyncio.run(wait())
