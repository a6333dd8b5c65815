"""Streams of wallet events as the wallet chains them, and the world in which a job meets them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from jobs.ports import Ports

from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.native.clock import TEST_EPOCH_MS, ManualClock
from shared.platform.native.d1 import NativeD1
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.r2 import NativeR2
from shared.platform.ports import Record, SqlValue, Statement
from shared.wallet.answer import encode_answer
from shared.wallet.chain import event_hash
from shared.wallet.model import GENESIS_HASH, Event, EventType

MIGRATIONS = Path(__file__).parents[3] / "migrations_d1"

DELTA_SIGNS = {"DEPOSIT": 1, "WIN": 1, "BET": -1, "OPENED": 0}

type Members = dict[str, object]


class Stream:
    """The events of one wallet, sealed by the wallet's own hash."""

    def __init__(self, player_id: str, *, currency: str = "BRL", seed: int = 1) -> None:
        self.player_id = player_id
        self.currency = currency
        self.events: list[Event] = []
        self._entropy = SeededEntropy(f"{player_id}{seed}")

    def add(self, type_: EventType, amount_minor: int = 0, *, at_ms: int = TEST_EPOCH_MS) -> Self:
        last = self.events[-1] if self.events else None
        cash_delta = DELTA_SIGNS[type_] * amount_minor
        unsealed = Event(
            seq=len(self.events) + 1,
            event_id=uuid7(at_ms, self._entropy.token(RANDOM_BYTES_PER_ID)),
            type=type_,
            schema_version=1,
            amount_minor=amount_minor,
            cash_delta=cash_delta,
            bonus_delta=0,
            held_delta=0,
            cash_after=(last.cash_after if last else 0) + cash_delta,
            bonus_after=0,
            held_after=0,
            round_id=None,
            game_version=None,
            idempotency_key=None,
            causation_id=None,
            recorded_at=at_ms,
            data="{}",
            prev_hash=last.hash if last else GENESIS_HASH,
            hash="",
        )
        self.events.append(replace(unsealed, hash=event_hash(unsealed)))
        return self

    def deposits(self, count: int, *, at_ms: int, amount_minor: int = 1_000) -> Self:
        for _ in range(count):
            self.add("DEPOSIT", amount_minor, at_ms=at_ms)
        return self

    def members(self, seq: int) -> Members:
        """The event as it travels: every column of the projection."""
        columns = asdict(self.events[seq - 1])
        return {"player_id": self.player_id, "currency": self.currency, **columns}

    def text(self, seq: int) -> str:
        return json.dumps(self.members(seq))

    def texts(self) -> list[str]:
        return [self.text(event.seq) for event in self.events]

    def packet(self, *places: int) -> str:
        """One message with these events, as a wallet sends them."""
        return json.dumps([self.members(seq) for seq in places])

    def tampered(self, seq: int, /, **changes: object) -> str:
        """The text with other content under the old hash."""
        return json.dumps(self.members(seq) | changes)

    def forged(self, seq: int, /, **changes: object) -> str:
        """The text with other content and a hash that fits it."""
        members = self.members(seq) | changes
        content = {name: members[name] for name in asdict(self.events[0])}
        return json.dumps(members | {"hash": event_hash(Event(**content))})  # type: ignore[arg-type]


@dataclass
class StreamWallets:
    """`Wallets` that answer `head` and `event_range` from streams."""

    streams: dict[str, Stream] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str:
        raise NotImplementedError

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        self.asked.append((player_id, kind))
        if player_id in self.failing:
            return encode_answer(503, '{"code": "unreachable"}')
        stream = self.streams[player_id]
        if kind == "head":
            last = stream.events[-1] if stream.events else None
            seq, head_hash = (last.seq, last.hash) if last else (0, GENESIS_HASH)
            return encode_answer(200, json.dumps({"seq": seq, "head_hash": head_hash}))
        asked = json.loads(payload)
        assert asked["to_seq"] - asked["from_seq"] < 500
        wanted = range(asked["from_seq"], min(asked["to_seq"], len(stream.events)) + 1)
        return encode_answer(200, json.dumps({"events": [stream.members(seq) for seq in wanted]}))


@dataclass
class Delivered:
    """A message of a queue, and what the consumer said of it."""

    text: object
    message_id: str = "m"
    attempts: int = 1
    said: list[str] = field(default_factory=list)

    def ack(self) -> None:
        self.said.append("ack")

    def retry(self, *, delay_s: int) -> None:
        self.said.append(f"retry {delay_s}")


class MortalD1(NativeD1):
    """A database whose connection breaks at the n-th call from now, when told so; 0: never."""

    _calls_left = 0

    def die_at(self, call: int) -> None:
        self._calls_left = call

    def _count(self) -> None:
        self._calls_left -= 1
        if self._calls_left == 0:
            raise ConnectionError("the tick died")

    async def query(self, statement: str, *params: SqlValue) -> list[Record]:
        self._count()
        return await super().query(statement, *params)

    async def execute(self, statement: str, *params: SqlValue) -> int:
        self._count()
        return await super().execute(statement, *params)

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        self._count()
        return await super().batch(statements)


class World:
    """D1, wallets, clock and entropy for one test."""

    def __init__(self) -> None:
        self.db = MortalD1(migrations=MIGRATIONS)
        self.wallets = StreamWallets()
        self.clock = ManualClock()
        self.archive = NativeR2()
        self.ports = Ports(self.db, self.wallets, self.clock, SeededEntropy(7), self.archive)

    def stream(self, player_id: str = "player-1", *, currency: str = "BRL") -> Stream:
        """A new stream that its wallet answers with."""
        stream = Stream(player_id, currency=currency)
        self.wallets.streams[player_id] = stream
        return stream

    def run[T](self, job: Callable[[Ports], Awaitable[T]]) -> T:
        async def started() -> T:
            return await job(self.ports)

        return asyncio.run(started())

    def rows(self, statement: str) -> list[Record]:
        return asyncio.run(self.db.query(statement))

    def change(self, statement: str) -> None:
        asyncio.run(self.db.execute(statement))

    def register(self, stream: Stream, *, at_ms: int = TEST_EPOCH_MS) -> None:
        """The player of `stream`, as the API stores one whose wallet is open."""
        self.insert(
            "players",
            player_id=stream.player_id,
            brand_id="house",
            jurisdiction="br",
            currency=stream.currency,
            status="active",
            kyc_status="approved",
            vip_tier="bronze",
            birth_date="1990-05-17",
            gender="f",
            email_index=f"email of {stream.player_id}",
            cpf_index=f"cpf of {stream.player_id}",
            pii_sealed="",
            cpf_sealed="",
            limits_requested="{}",
            terms_version="1",
            privacy_version="1",
            registered_ip_index="",
            wallet_opened_at=at_ms,
            created_at=at_ms,
            updated_at=at_ms,
        )

    def insert(self, table: str, **columns: SqlValue) -> None:
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({places})"
        asyncio.run(self.db.execute(statement, *columns.values()))

    def projected(self, player_id: str = "player-1") -> list[int]:
        rows = self.rows(f"SELECT seq FROM wallet_events WHERE player_id = '{player_id}'")
        return [int(str(row["seq"])) for row in rows]

    def head(self, player_id: str = "player-1") -> tuple[object, object] | None:
        rows = self.rows(
            f"SELECT seq, head_hash FROM projection_heads WHERE player_id = '{player_id}'"
        )
        return (rows[0]["seq"], rows[0]["head_hash"]) if rows else None

    def alerts(self) -> list[Record]:
        return self.rows("SELECT * FROM aml_alerts ORDER BY player_id, rule_id, window_started_at")


def deliveries(texts: Sequence[object]) -> list[Delivered]:
    return [Delivered(text, message_id=f"m{index}") for index, text in enumerate(texts)]
