"""One simulated wallet: the real object over real storage, its model, and the reader of its log.

Every command is judged by the model first, then run, then compared: the refusal or success, whether
it is a replay, the answer, the events, the balances. A command that the storage let down must have
changed nothing. The object may be dropped and made again between any two steps.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.sim.broken import LawBroken, require
from simulation.sim.chance import OperationEntropy
from simulation.sim.damages import CURRENCY, DAMAGES, RELEASE, Damage, Mending, do, mend, rows_of
from simulation.sim.faults import SimulatedAlarm, SimulatedClock, SimulatedQueue, SimulatedSql, run
from simulation.sim.games import SimulatedGames
from simulation.sim.log_reader import LogReader
from simulation.sim.model_effects import EFFECTS
from simulation.sim.model_gate import ModelGate
from simulation.sim.model_judge import JUDGES, resets_after_s
from simulation.sim.model_presence import position
from simulation.sim.model_state import Answered, ModelState, Payload

from shared.platform.native.sql import NativeSql
from shared.platform.ports import PlatformError
from shared.wallet.delivery import Delivery
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.schema import migrate
from shared.wallet.service import Wallet

GAMES: Final = SimulatedGames()
ROLLED_BACK: Final = "a failed command changes nothing"
RISKY: Final = frozenset({"play", "bet", "deposit_request", "bonus_credit", "game_session_open"})
REPLAYED: Final = "the same key gives the same answer, byte for byte"


@dataclass(frozen=True, slots=True)
class Request:
    """A command as a client sends it, and sends it again."""

    kind: str
    key: str
    session: str
    payload: Payload
    context: str = ""

    @property
    def slot(self) -> str:
        """Where its answer is kept: keys of players and of the house never meet."""
        return f"{'player' if self.session else 'house'}:{self.key}"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    replayed: bool
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 400


def migrated_image() -> NativeSql:
    """A storage with the newest schema, to copy from: migrating costs more than a hundred bets."""
    image = NativeSql()
    migrate(image)
    return image


@dataclass(slots=True)
class SimulatedWallet:
    """One player's wallet. `player_id` and what it draws follow from the episode's name."""

    player_id: str
    clock: SimulatedClock
    entropy: OperationEntropy
    queue: SimulatedQueue
    limits: dict[tuple[str, str], int]
    image: NativeSql
    rules: dict[str, Any]
    jurisdiction: str = "br"
    sql: SimulatedSql = field(init=False)
    alarm: SimulatedAlarm = field(init=False)
    model: ModelState = field(init=False)
    log: LogReader = field(init=False)
    wallet: Wallet = field(init=False)
    delivery: Delivery = field(init=False)
    commands: int = 0

    def __post_init__(self) -> None:
        self.sql = SimulatedSql()
        self.sql.load(self.image)
        self.alarm = SimulatedAlarm()
        self.model = ModelState(ModelGate(own=dict(self.limits)), self.jurisdiction)
        self.model.gate.take_rules(self.rules)
        self.log = LogReader()
        self.evict()
        self._open()

    def evict(self) -> None:
        """The object is gone; the next call meets one that knows only what was stored."""
        self.wallet = Wallet(self.sql, self.clock, self.entropy, GAMES, sandbox=True)
        self.delivery = Delivery(self.wallet, self.queue, EarliestAlarm(self.alarm, self.clock))

    def _open(self) -> None:
        now_ms = self.clock.now_ms()
        self.model.committed_at = now_ms
        payload = {
            "player_id": self.player_id,
            "currency": "BRL",
            "jurisdiction": self.jurisdiction,
            "rules": self.rules,
            "limits": [
                {"kind": kind, "period": period, "value": value}
                for (kind, period), value in self.limits.items()
            ],
        }
        text = self.wallet.execute("open", "", "", json.dumps(payload))
        require(text.startswith("201 0 "), "a wallet opens", text)
        expected = ("OPENED", *("LIMIT_CHANGED" for _ in self.limits), "SEED_COMMITTED")
        types = self.log.read(self.sql, self.model, now_ms, None)
        require(types == expected, "a wallet opens", types)

    # Commands

    def send(self, request: Request) -> Reply | None:
        """Run a command against the wallet and the model; None when the storage failed it."""
        self.commands += 1
        model, key = self.model, request.key
        model.caller = request.session
        now_ms = model.now(self.clock.now_ms())
        known = model.answers.get(request.slot) if key else None
        asked = (request.kind, request.payload)
        conflict = known is not None and (known.kind, known.payload) != asked
        expected: str | None
        if "unknown" in request.payload:
            expected, known = "invalid_payload", None
        elif known is None and request.payload.get("currency", "BRL") != "BRL":
            expected = "currency_mismatch"
        elif known is None:
            expected = JUDGES[request.kind](
                model, request.payload, request.session, now_ms, request.context
            )
        else:
            expected = "idempotency_key_conflict" if conflict else None
        try:
            text = self.wallet.execute(
                request.kind, key, request.session, json.dumps(request.payload), request.context
            )
        except PlatformError as error:
            self._check_failed(request, error)
            return None
        finally:
            self.sql.fail_no_more()
        reply = self._reply(text)
        if known is not None and not conflict:
            self._check_replay(known, reply, text)
        elif expected is not None:
            require(
                reply.body.get("code") == expected,
                "a key stands for one request" if conflict else "refusals keep their precedence",
                f"{request.kind}: {expected} expected, {text}",
            )
            self._check_refusal(reply, now_ms)
        else:
            self._check_done(request, reply, text, now_ms)
        if not reply.ok or reply.replayed:
            law = "retries never move money twice" if reply.replayed else "a refusal moves nothing"
            require(not self.log.has_grown(self.sql), law, request)
        self._arm()
        return reply

    def _check_failed(self, request: Request, error: PlatformError) -> None:
        require(self.sql.has_failed, "a healthy storage fails nothing", f"{request}: {error!r}")
        self.evict()
        require(not self.log.has_grown(self.sql), ROLLED_BACK, request)

    def _check_replay(self, known: Answered, reply: Reply, text: str) -> None:
        require(reply.replayed or not reply.ok, "retries never move money twice", text)
        same = text.split(" ", 2)[2] == known.body and reply.status == known.status
        require(same and reply.replayed, REPLAYED, text)

    def _check_refusal(self, reply: Reply, now_ms: int) -> None:
        require(reply.status >= 400 and not reply.replayed, "a refusal is told", reply)
        limit = reply.body.get("limit")
        if limit is not None and limit["period"] != "session":
            expected = resets_after_s(limit["period"], now_ms)
            told = reply.body["retry_after"]
            require(told == expected, "a limit says when it ends", reply)
        if reply.body["code"] == "reality_check_due":
            shown = (reply.body["wagered_minor"], reply.body["net_minor"])
            require(shown == position(self.model), "a reality check tells what was played", reply)

    def _check_done(self, request: Request, reply: Reply, text: str, now_ms: int) -> None:
        require(reply.ok, "what is allowed is done", f"{request} was answered {text}")
        require(not reply.replayed, "what is new is no replay", text)
        self._check_open_gate(request, now_ms)
        types = EFFECTS[request.kind](self.model, request.payload, now_ms, reply.body)
        found = self.log.read(self.sql, self.model, now_ms, request.key or None)
        require(found == types, "a command appends its events and no others", (request.kind, found))
        if types:
            for name, value in self.balances().items():
                require(reply.body.get(name, value) == value, "an answer tells the balance", text)
        if request.key:
            self.model.answers[request.slot] = Answered(
                request.kind, request.payload, reply.status, text.split(" ", 2)[2]
            )

    def _check_open_gate(self, request: Request, now_ms: int) -> None:
        """What the judge has decided already, said once more as the law that matters most."""
        if request.kind in RISKY:
            stopped = self.model.gate.stopped(now_ms)
            require(stopped is None, "nothing is staked after an exclusion", request)

    def freeze(self, number: int, row: int) -> None:
        """A row is damaged, a proof finds it and freezes the wallet; then the row is mended. Now
        and then the wallet is released by nobody, and is frozen again for that.
        """
        damage = DAMAGES[number % len(DAMAGES)]
        if not rows_of(self.sql, damage):
            damage = CURRENCY
        told = self._damaged(damage, row)
        mend(self.sql, damage, told)
        self.evict()
        if row % 3 == 0:
            self._damaged(RELEASE, 0)

    def _damaged(self, damage: Damage, row: int) -> Mending:
        """Damage a row, and have a proof name the law; what mends the row."""
        now_ms = self.model.now(self.clock.now_ms())
        told = do(self.sql, damage, row)
        self.evict()
        proof = _read(self.wallet.query("verify", "", "{}"))
        require(proof.body["law"] == damage.law, "a proof finds what was damaged", (damage, proof))
        types = self.log.read(self.sql, self.model, now_ms, None)
        is_new = damage is RELEASE or not self.model.gate.frozen
        require(types == (("FROZEN",) if is_new else ()), "a wallet is frozen once", types)
        self.model.gate.frozen = True
        self._arm()
        return told

    def balances(self) -> dict[str, int]:
        """What the wallet must hold, under the names of its answers."""
        model = self.model
        return {
            "cash_minor": model.cash,
            "bonus_minor": model.bonus,
            "held_minor": model.held,
            "seq": self.log.seq,
        }

    # Questions

    def ask(self, kind: str, session: str = "", **payload: object) -> dict[str, Any]:
        """The body of a query that must succeed."""
        reply = self._reply(self.wallet.query(kind, session, json.dumps(payload)))
        self._arm()
        login = self.model.gate.logins.get(session)
        if login is not None and login.is_over:
            code = reply.body.get("code")
            require(code == "session_expired", "an ended session learns nothing", reply)
            return {}
        require(reply.ok, "a question is answered", reply)
        return reply.body

    # Delivery

    def _arm(self) -> None:
        """What `WalletDO` does after each call: failing to set the alarm is only logged."""
        if self.delivery._armed:
            return
        try:
            run(self.delivery.arm())
        except PlatformError:
            require(self.alarm.refuses, "a healthy alarm is set")

    def fire_alarm(self) -> bool:
        """Run the alarm's handler; False when it failed and the platform will run it again."""
        self.alarm.at_ms = None
        try:
            run(self.delivery.drain())
        except PlatformError:
            if not (self.sql.has_failed or self.alarm.refuses):
                raise LawBroken("a healthy alarm succeeds", self.player_id) from None
            self.evict()
            return False
        finally:
            self.sql.fail_no_more()
        return True

    def _reply(self, text: str) -> Reply:
        reply = _read(text)
        if reply.status == 423 and not self.model.gate.frozen:
            raise LawBroken("a sound wallet is never frozen", text)
        return reply


def _read(text: str) -> Reply:
    status, replayed, body = text.split(" ", 2)
    return Reply(int(status), replayed == "1", json.loads(body))
