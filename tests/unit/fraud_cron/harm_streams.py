"""Players whose play raises markers, projected, and wallets that note what they are told."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from jobs.markers_of_harm import JOB, markers_of_harm
from jobs.ports import Ports
from jobs.projection import Message, project
from jobs.runs import Outcome, run_once
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import MINUTE_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import Record, Unreachable
from shared.wallet.answer import encode_answer
from shared.wallet.chain import event_hash
from shared.wallet.model import GENESIS_HASH, Event


class PlayStream(Stream):
    """A wallet's events of any type, at times that move on by themselves."""

    def __init__(self, player_id: str) -> None:
        super().__init__(player_id)
        self.at_ms = TEST_EPOCH_MS
        self.rounds = 0

    def tell(
        self,
        type_: str,
        amount_minor: int = 0,
        cash_delta: int = 0,
        *,
        round_id: str | None = None,
        **data: object,
    ) -> Self:
        last = self.events[-1] if self.events else None
        self.at_ms += 1
        unsealed = Event(
            seq=len(self.events) + 1,
            event_id=uuid7(self.at_ms, self._entropy.token(RANDOM_BYTES_PER_ID)),
            type=type_,
            schema_version=2,
            amount_minor=amount_minor,
            cash_delta=cash_delta,
            bonus_delta=0,
            held_delta=0,
            cash_after=(last.cash_after if last else 0) + cash_delta,
            bonus_after=0,
            held_after=0,
            round_id=round_id,
            game_version=None,
            idempotency_key=None,
            causation_id=None,
            recorded_at=self.at_ms,
            data=json.dumps(data),
            prev_hash=last.hash if last else GENESIS_HASH,
            hash="",
        )
        self.events.append(replace(unsealed, hash=event_hash(unsealed)))
        return self

    def deposit(self, amount_minor: int) -> Self:
        return self.tell("DEPOSIT", amount_minor, amount_minor)

    def round(self, stake_minor: int, payout_minor: int = 0) -> Self:
        self.rounds += 1
        name = f"{self.player_id}-{self.rounds}"
        self.tell("BET", stake_minor, -stake_minor, round_id=name, game_id="dice")
        return self.tell("WIN", payout_minor, payout_minor, round_id=name, game_id="dice")

    def chase(self, times: int) -> Self:
        """Deposits and loses it all, `times` and once more: RG-M01 from three on, RG-M04 too."""
        for _ in range(times + 1):
            self.deposit(1_000).round(1_000)
        return self


@dataclass
class ToldWallets:
    """`Wallets` that note the commands of the house; `is_down` and `refuses` as they say."""

    now_ms: int = TEST_EPOCH_MS
    told: list[tuple[str, str, str, dict[str, object]]] = field(default_factory=list)
    reality_minutes: int | None = 20
    is_down: bool = False
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def execute(
        self, player_id: str, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        assert session_id == ""
        self.told.append((player_id, kind, key, json.loads(payload)))
        if kind in self.refuses:
            status, code = self.refuses[kind]
            return encode_answer(status, json.dumps({"code": code, "detail": ""}))
        return encode_answer(200, "{}")

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        assert kind == "gate"
        return encode_answer(
            200,
            json.dumps({"now_ms": self.now_ms, "reality_check": {"minutes": self.reality_minutes}}),
        )

    def kinds(self) -> list[str]:
        return [kind for _, kind, _, _ in self.told]


class HarmWorld(World):
    """D1 with players, and the job over it."""

    def __init__(self) -> None:
        super().__init__()
        self.told = ToldWallets()
        self.ports = replace(self.ports, wallets=self.told)

    def player(self, name: str = "player-1", **changes: object) -> PlayStream:
        """Somebody registered, of whom nothing is projected yet."""
        stream = PlayStream(name)
        self.register(stream)
        for column, value in changes.items():
            self.change(f"UPDATE players SET {column} = '{value}' WHERE player_id = '{name}'")
        return stream

    def project(self, *streams: Stream) -> None:
        for stream in streams:
            known = self.head(stream.player_id)
            seq = int(str(known[0])) if known else 0
            messages = deliveries(stream.texts()[seq:])
            for start in range(0, len(messages), 100):
                self._project(messages[start : start + 100])

    def _project(self, messages: Sequence[Message]) -> None:
        async def job(ports: Ports) -> None:
            await project(messages, ports)

        self.run(job)

    def tick(self, job: Callable[[Ports], Awaitable[Outcome]] = markers_of_harm) -> Outcome:
        slot = self.clock.advance(5 * MINUTE_MS)
        self.told.now_ms = slot

        async def ran(ports: Ports) -> Outcome:
            outcome = await run_once(ports, JOB, slot, lambda: job(ports))
            assert outcome is not None
            return outcome

        return self.run(ran)

    def harm(self, name: str = "player-1") -> Record:
        (row,) = self.rows(f"SELECT * FROM harm_players WHERE player_id = '{name}'")
        return row

    def interventions(self) -> list[Record]:
        return self.rows("SELECT * FROM interventions ORDER BY taken_at, intervention_id")

    def contact(self, name: str = "player-1") -> None:
        """Support noted a contact with a flag, as the API stores it."""
        at_ms = self.clock.now_ms()
        self.insert(
            "support_contacts",
            contact_id=uuid7(at_ms, self.ports.entropy.token(RANDOM_BYTES_PER_ID)),
            player_id=name,
            channel="chat",
            flags='["harm_words"]',
            noted_by="staff",
            noted_at=at_ms,
        )
        self.change(f"INSERT OR IGNORE INTO harm_players (player_id) VALUES ('{name}')")
        self.change(f"UPDATE harm_players SET look_at = {at_ms} WHERE player_id = '{name}'")
