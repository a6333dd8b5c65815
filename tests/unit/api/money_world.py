"""The API over real wallets, with a bank, a D1 and wallets that can be told to fail."""

import dataclasses
import json
import secrets
from collections.abc import Sequence
from typing import Any

from api_under_test import Reply, World, run
from e2e.people import registration
from services.bank import Payout, SandboxBank, SignedNotice
from services.payout_desk import tick

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import MINUTE_MS
from shared.platform.native.d1 import NativeD1
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.native.wallets import NativeWallets
from shared.platform.ports import Record, SqlValue, Statement, Unreachable
from shared.wallet.live import HandOver
from shared.wallet.service import Wallet


class FaultyD1:
    """`Database` that refuses statements holding `fails`, as if D1 gave no answer."""

    def __init__(self, db: NativeD1) -> None:
        self._db = db
        self.fails: str | None = None

    def _look_at(self, statement: str) -> None:
        if self.fails is not None and self.fails in statement:
            raise Unreachable("D1 gave no answer")

    async def query(self, statement: str, *params: SqlValue) -> list[Record]:
        self._look_at(statement)
        return await self._db.query(statement, *params)

    async def first(self, statement: str, *params: SqlValue) -> Record | None:
        self._look_at(statement)
        return await self._db.first(statement, *params)

    async def execute(self, statement: str, *params: SqlValue) -> int:
        self._look_at(statement)
        return await self._db.execute(statement, *params)

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        for statement in statements:
            self._look_at(statement.sql)
        return await self._db.batch(statements)


class FaultyWallets:
    """Real wallets. `loses` names kinds whose answer is lost after, `misses` before the work;
    `refuses` has the answers of kinds that are not done.
    """

    def __init__(self, world: World) -> None:
        self.wallets: dict[str, Wallet] = {}
        self.loses: set[str] = set()
        self.misses: set[str] = set()
        self.refuses: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self._native = NativeWallets(lambda player_id: self._opened(world, player_id))

    def _opened(self, world: World, player_id: str) -> Wallet:
        entropy = SeededEntropy(secrets.randbits(64))
        wallet = Wallet(NativeSql(), world.clock, entropy, CATALOGUE, sandbox=True)
        self.wallets[player_id] = wallet
        return wallet

    async def execute(
        self, player_id: str, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        self.asked.append((kind, key))
        if kind in self.misses:
            raise Unreachable("the wallet was not reached")
        if kind in self.refuses:
            return self.refuses[kind]
        text = await self._native.execute(player_id, kind, key, session_id, payload, context)
        if kind in self.loses:
            raise Unreachable("the wallet's answer was lost")
        return text

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        return await self._native.query(player_id, kind, session_id, payload)

    async def hand_over(self, player_id: str, handed: str) -> Any:
        """As the object does it: the session that was handed over is asked for in the wallet."""
        session_id = HandOver.decode(handed).session_id
        text = await self.query(player_id, "head", session_id, "{}")
        return text if text.startswith("4") else ("socket", player_id)


class ScriptedBank(SandboxBank):
    """The sandbox's bank; while it `is_down` it gives no answer, while it `is_slow` only later."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        self.is_down = False
        self.is_slow = False
        self.down_for: set[str] = set()
        self.sent: list[str] = []
        self.refunded: list[tuple[str, int]] = []

    async def send(self, payout: Payout, now_ms: int) -> SignedNotice | None:
        if self.is_down or payout.end_to_end_id in self.down_for:
            raise Unreachable("the bank gave no answer")
        self.sent.append(payout.end_to_end_id)
        return None if self.is_slow else await super().send(payout, now_ms)

    async def refund(self, end_to_end_id: str, amount_minor: int) -> None:
        if self.is_down:
            raise Unreachable("the bank gave no answer")
        self.refunded.append((end_to_end_id, amount_minor))

    def notice(self, message: Any, now_ms: int) -> SignedNotice:
        """Any message, signed."""
        return self._signed(message, now_ms)


class MoneyWorld(World):
    """One house, any number of players."""

    def __init__(self, jurisdiction: str = "br") -> None:
        super().__init__(JURISDICTION=jurisdiction)
        self.d1 = FaultyD1(self.db)
        self.real = FaultyWallets(self)
        self.bank = ScriptedBank(self.house.settings.pix_webhook_secret)
        self.house = dataclasses.replace(
            self.house, db=self.d1, wallets=self.real, live_wallets=self.real, bank=self.bank
        )
        self.app._house = self.house

    def desk(self) -> dict[str, int]:
        """One tick of the payments desk: what it did, without what it did not."""
        outcome = run(tick(self.house, self.clock.now_ms()))
        return {name: count for name, count in outcome.items() if count}

    def project(self) -> None:
        """What the queue's consumer would have written by now."""
        for wallet in self.real.wallets.values():
            for text in wallet.undelivered(500):
                event = json.loads(text)
                columns, marks = ", ".join(event), ", ".join("?" * len(event))
                statement = f"INSERT INTO wallet_events ({columns}) VALUES ({marks})"
                run(self.db.execute(statement, *event.values()))
                wallet.delivered(event["seq"])

    def alerts(self) -> list[tuple[str, str]]:
        """Rule and band of every alert, oldest first."""
        rows = self.rows("SELECT rule_id, band FROM aml_alerts ORDER BY alert_id")
        return [(str(row["rule_id"]), str(row["band"])) for row in rows]

    def tell(self, path: str, message: Any) -> Reply:
        """What the bank posts to a webhook."""
        signed = self.bank.notice(message, self.clock.now_ms())
        headers = {"x-pix-signature": signed.signature, "content-type": "application/json"}
        return self.call("POST", path, raw=signed.body, headers=headers)


class Player:
    """A registered player with a session; `identified`: whose identity is verified."""

    def __init__(self, world: MoneyWorld, *, identified: bool = True, **changes: object) -> None:
        self.world = world
        self.registered = registration(**changes)
        reply = world.call("POST", "/v1/players", self.registered)
        assert reply.status == 201, reply.text
        self.player_id = str(reply.json["player_id"])
        if identified:
            world.identify(self.player_id)
        self.token = ""
        self.refresh_token = ""
        self.log_in()

    @property
    def cpf(self) -> str:
        return str(self.registered["cpf"])

    def log_in(self) -> None:
        login = {name: self.registered[name] for name in ("email", "password")}
        reply = self.world.call("POST", "/v1/auth/login", login)
        assert reply.status == 200, reply.text
        self.token, self.refresh_token = reply.json["access_token"], reply.json["refresh_token"]

    def get(self, path: str) -> Any:
        reply = self.world.call("GET", path, token=self.token)
        assert reply.status == 200, reply.text
        return reply.json

    def post(
        self, path: str, body: object = None, *, key: str | None = None, language: str = "pt-BR"
    ) -> Reply:
        headers = {
            "idempotency-key": key or secrets.token_hex(8),
            "accept-language": language,
        }
        return self.world.call("POST", path, body, token=self.token, headers=headers)

    def charge(self, amount_minor: int) -> Any:
        reply = self.post("/v1/me/deposits", {"amount_minor": amount_minor, "method": "pix"})
        assert reply.status == 201, reply.text
        return reply.json

    def fund(self, amount_minor: int) -> None:
        txid = self.charge(amount_minor)["pix"]["txid"]
        paid = self.world.call("POST", f"/v1/sandbox/pix/{txid}/pay", {})
        assert paid.json["status"] == "credited", paid.text

    def withdraw(self, amount_minor: int, **how: Any) -> Reply:
        return self.post("/v1/me/withdrawals", {"amount_minor": amount_minor}, **how)

    def withdrawals(self) -> list[str]:
        """States, oldest first."""
        items = self.get("/v1/me/withdrawals")["items"]
        return [str(item["status"]) for item in reversed(items)]

    def balance(self) -> tuple[int, int]:
        """Cash and held."""
        wallet = self.get("/v1/me/wallet")
        return wallet["cash_minor"], wallet["held_minor"]

    def end_to_end_id(self) -> str:
        """Of the newest hold, from the player's own statement."""
        items = self.get("/v1/me/wallet/events")["items"]
        holds = [item for item in items if item["type"] == "WITHDRAWAL_HELD"]
        return str(holds[0]["data"]["end_to_end_id"])


def minutes(count: int) -> int:
    return count * MINUTE_MS
