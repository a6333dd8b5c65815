"""The other side of the queue: the real jobs of `fraud_cron` over a D1 that stumbles.

Law at every step: what is projected of a player is a prefix of that player's log. Law at the end,
once faults have stopped: it is the log, column for column, and the alerts are those of a scan that
saw everything at once.
"""

import importlib
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from simulation.sim.broken import LawBroken, require
from simulation.sim.chance import OperationEntropy
from simulation.sim.faults import Message, SimulatedClock, SimulatedD1, run, run_together
from simulation.sim.operation import Operation
from simulation.sim.wallets import SimulatedWallet

from shared.platform.native.d1 import NativeD1
from shared.platform.native.r2 import NativeR2
from shared.platform.ports import PlatformError, SqlValue, Unreachable
from shared.wallet.answer import encode_answer

if TYPE_CHECKING:
    from simulation.sim.world import World

ROOT: Final = Path(__file__).parents[3]
MAX_ATTEMPTS: Final = 5
"""Deliveries before a message rests in the dead-letter queue."""

SLOT_MS: Final = 5 * 60_000
SETTLED_TICKS: Final = 8

_images: list[NativeD1] = []


@dataclass(frozen=True, slots=True)
class Jobs:
    """What the simulation calls of `workers/fraud_cron`, whose folder is an import root."""

    project: Callable[..., Coroutine[Any, Any, Any]]
    sweep: Callable[..., Coroutine[Any, Any, Any]]
    velocity_scan: Callable[..., Coroutine[Any, Any, Any]]
    run_once: Callable[..., Coroutine[Any, Any, Any]]
    ports: Any


def jobs() -> Jobs:
    """The real jobs."""
    folder = str(ROOT / "workers" / "fraud_cron")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return Jobs(
        importlib.import_module("jobs.projection").project,
        importlib.import_module("jobs.sweep").sweep,
        importlib.import_module("jobs.velocity_scan").velocity_scan,
        importlib.import_module("jobs.runs").run_once,
        importlib.import_module("jobs.ports").Ports,
    )


@dataclass(slots=True)
class SimulatedWallets:
    """`Wallets` as the jobs reach them: by queries that may find no answer."""

    world: "World"
    chance: Random | None = None

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str:
        raise NotImplementedError("the jobs of these episodes only ask")

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        if self.chance is not None:
            drawn = self.chance.random()
            if drawn < 0.03:
                raise Unreachable("the wallet did not answer")
            if drawn < 0.06:
                return encode_answer(500, '{"code": "internal_error"}')
        wallet = next(w for w in self.world.wallets if w.player_id == player_id)
        body = wallet.ask(kind, session_id, **json.loads(payload))
        return encode_answer(200, json.dumps(body))


@dataclass(slots=True)
class Projection:
    """D1 and the jobs that write it."""

    world: "World"
    inner: NativeD1 = field(init=False)
    db: SimulatedD1 = field(init=False)
    wallets: SimulatedWallets = field(init=False)
    clock: SimulatedClock = field(init=False)
    jobs: Jobs = field(init=False)
    ports: Any = field(init=False)
    entropy: OperationEntropy = field(init=False)
    events: int = 0

    def __post_init__(self) -> None:
        if not _images:
            _images.append(NativeD1(migrations=ROOT / "migrations_d1"))
        self.inner = NativeD1()
        _images[0]._engine._connection.backup(self.inner._engine._connection)
        self.db = SimulatedD1(self.inner)
        self.wallets = SimulatedWallets(self.world)
        self.clock = SimulatedClock(self.world.now_ms)
        self.entropy = OperationEntropy(f"jobs {self.world.setting.episode}")
        self.jobs = jobs()
        given = {
            "db": self.db,
            "wallets": self.wallets,
            "clock": self.clock,
            "entropy": self.entropy,
            "archive": NativeR2(),
        }
        self.ports = self.jobs.ports(**{f.name: given[f.name] for f in fields(self.jobs.ports)})
        for number, wallet in enumerate(self.world.wallets):
            self._register(number, wallet)

    def _register(self, number: int, wallet: SimulatedWallet) -> None:
        """The row by which the sweep knows of a wallet; columns that no job reads are filled in."""
        columns = run(self.inner.query("SELECT * FROM pragma_table_info('players')"))
        given: dict[str, SqlValue] = {
            "player_id": wallet.player_id,
            "wallet_opened_at": self.world.now_ms,
        }
        values: dict[str, SqlValue] = {}
        for column in columns:
            name, kind = str(column["name"]), column["type"]
            if name in given:
                values[name] = given[name]
            elif column["notnull"] and column["dflt_value"] is None:
                values[name] = _PLAYER.get(name, f"x{number}" if kind == "TEXT" else 0)
        names, places = ", ".join(values), ", ".join("?" * len(values))
        run(
            self.inner.execute(f"INSERT INTO players ({names}) VALUES ({places})", *values.values())
        )

    # Steps

    def consume(self, operation: Operation) -> None:
        """One or two consumers take a batch each, in any order, some messages twice."""
        chance = self._begin(operation)
        batches = [self._taken(chance) for _ in range(operation.args["consumers"])]
        runs = [self.jobs.project(batch, self.ports) for batch in batches if batch]
        for end in run_together(runs, chance):
            self._judge(end)
        for batch in batches:
            self._return(batch, chance)
        self._end()

    def tick(self, operation: Operation) -> None:
        """Cron fires, perhaps twice, perhaps while the last tick still runs."""
        chance = self._begin(operation)
        slot = self.clock.now_ms() // SLOT_MS * SLOT_MS
        runs = []
        for firing in range(operation.args["firings"]):
            at = slot - SLOT_MS * (firing % operation.args.get("slots", 1))
            runs.append(self._job("sweep", at))
            runs.append(self._job("velocity_scan", at))
        for end in run_together(runs, chance):
            self._judge(end)
        self._end()

    def _job(self, name: str, slot: int) -> Coroutine[Any, Any, Any]:
        body = getattr(self.jobs, name)
        return self.jobs.run_once(self.ports, name, slot, lambda: body(self.ports))

    def _begin(self, operation: Operation) -> Random:
        chance = Random(f"jobs {self.world.setting.seed} {operation.number}")
        faulty = bool(operation.args["faulty"])
        self.db.chance = chance if faulty else None
        self.wallets.chance = chance if faulty else None
        self.clock.true_ms = self.world.now_ms
        self.entropy.begin(operation.number)
        return chance

    def _end(self) -> None:
        self.db.chance = self.wallets.chance = None
        self.check_prefixes()

    def _judge(self, end: object) -> None:
        """A job may fail on a platform that fails, and on nothing else."""
        if not isinstance(end, Exception):
            return
        expected = isinstance(end, PlatformError) or type(end).__name__.endswith("UnavailableError")
        if not (expected and self.db.chance is not None):
            raise LawBroken("jobs survive what they meet", repr(end)) from end

    def _taken(self, chance: Random) -> list[Message]:
        waiting = self.world.queue.waiting
        taken: list[Message] = []
        for _ in range(min(chance.choice((1, 2, 30)), len(waiting))):
            # Mostly in order, sometimes from anywhere: of messages of many events gaps are rare.
            place = 0 if chance.random() < 0.6 else chance.randrange(len(waiting))
            message = waiting.pop(place)
            message.attempts += 1
            message.said = ""
            taken.append(message)
        return taken

    def _return(self, batch: list[Message], chance: Random) -> None:
        queue = self.world.queue
        for message in batch:
            ack_is_lost = self.db.chance is not None and chance.random() < 0.03
            if message.said == "ack" and not ack_is_lost:
                continue
            if message.attempts < MAX_ATTEMPTS or message.said == "ack":
                queue.waiting.append(message)
            else:
                queue.dead.append(message)

    # Laws

    def check_prefixes(self) -> None:
        """Heads stand where the logs were, and hold as many events as they say."""
        found = run(
            self.inner.query(
                "SELECT h.player_id, h.seq, h.head_hash, (SELECT count(*) FROM wallet_events e "
                "WHERE e.player_id = h.player_id) AS events FROM projection_heads h"
            )
        )
        logs = {wallet.player_id: wallet.log for wallet in self.world.wallets}
        for row in found:
            hashes = logs[str(row["player_id"])].hashes
            seq = int(str(row["seq"]))
            sound = seq < len(hashes) and hashes[seq] == row["head_hash"] and row["events"] == seq
            require(sound, "what is projected is a prefix of the log", row)

    def settle(self, operation_number: int) -> None:
        """Faults have stopped: every alarm fires, every message arrives, cron ticks on."""
        for tick in range(SETTLED_TICKS):
            self.world.now_ms += SLOT_MS
            for wallet in self.world.wallets:
                wallet.clock.true_ms = self.world.now_ms
                wallet.fire_alarm()
            number = operation_number + tick
            while self.world.queue.waiting:
                args = {"consumers": 1, "faulty": False}
                self.consume(Operation(number, "consume", 0, 0, args))
            args = {"firings": 1, "faulty": False}
            self.tick(Operation(number, "tick", 0, 0, args))
        self._check_rows()
        self._check_alerts()

    def _check_rows(self) -> None:
        for wallet in self.world.wallets:
            names = [
                str(r[1]) for r in wallet.sql.query("SELECT * FROM pragma_table_info('events')")
            ]
            columns = ", ".join(names)
            expected = wallet.sql.query(f"SELECT {columns} FROM events ORDER BY seq")
            found = run(
                self.inner.query(
                    f"SELECT {columns} FROM wallet_events WHERE player_id = ? ORDER BY seq",
                    wallet.player_id,
                )
            )
            require(
                [tuple(row.values()) for row in found] == expected,
                "the projection converges",
                f"{len(found)} of {len(expected)} events of {wallet.player_id}",
            )
            self.events += len(expected)

    def _check_alerts(self) -> None:
        """Alerts are those that one scan over everything would have raised, and no others."""
        found = run(self.inner.query("SELECT player_id, rule_id, band, observed FROM aml_alerts"))
        broken = [row for row in found if row["rule_id"] == "projection.chain"]
        require(not broken, "no sound wallet is accused", broken)
        bets = {
            (str(row["player_id"]), str(row["rule_id"])): str(row["band"])
            for row in found
            if row["rule_id"] in ("bets_per_minute", "deposits_per_hour")
        }
        for wallet in self.world.wallets:
            for rule, kind, window, least in (
                ("bets_per_minute", "BET", 60_000, 8),
                ("deposits_per_hour", "DEPOSIT", 3_600_000, 3),
            ):
                times = [
                    int(str(row[0]))
                    for row in wallet.sql.query(
                        "SELECT recorded_at FROM events WHERE type = ? ORDER BY seq", kind
                    )
                ]
                # The scan counts in steps of a sixth or a twelfth: a burst well inside its window
                # must be found, one that no window holds must not.
                certain = window - window // (6 if kind == "BET" else 12)
                must = _fastest(times, certain) >= least
                may = _fastest(times, window) >= least
                alerted = (wallet.player_id, rule) in bets
                require(may or not alerted, "no alert without a reason", (rule, times))
                require(alerted or not must, "no burst is overlooked", (rule, times))


_PLAYER: Final = {
    "status": "active",
    "currency": "BRL",
    "jurisdiction": "br",
    "kyc_status": "approved",
    "vip_tier": "bronze",
    "limits_requested": "{}",
}


def _fastest(times: list[int], window_ms: int) -> int:
    """The most events that any window of this length holds."""
    most = oldest = 0
    for newest, at in enumerate(times):
        while times[oldest] <= at - window_ms:
            oldest += 1
        most = max(most, newest - oldest + 1)
    return most
