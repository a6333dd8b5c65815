"""The simulated world: wallets, queue, projection and time, and what each kind of step does in it.

Executing an operation draws nothing: everything that happens is in the operation or follows from
the state. What a step leaves for later ones (an answer, a request that may be sent again) is kept
under its number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from simulation.sim.broken import require
from simulation.sim.chance import OperationEntropy
from simulation.sim.faults import SimulatedClock, SimulatedQueue
from simulation.sim.laws import check_past, check_wallet
from simulation.sim.laws_gate import check_gate, check_panel
from simulation.sim.operation import Operation
from simulation.sim.projection import Projection
from simulation.sim.setting import Setting, player_id_of
from simulation.sim.wallets import Reply, Request, SimulatedWallet, migrated_image

from shared.platform.native.sql import NativeSql

type Payload = dict[str, Any]

HOME: Final = "home"
GOOD: Final = {"kyc": "verified", "impediment": "clear", "register": "clear"}

_images: list[NativeSql] = []


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command: for the wallet it was sent to, the body of its success."""

    wallet: int
    request: Request
    body: dict[str, Any]


@dataclass(slots=True)
class Places:
    """What the actors of one wallet may build on, by number of operation or by name."""

    sessions: list[int] = field(default_factory=list)
    deposits: list[int] = field(default_factory=list)
    holds: list[int] = field(default_factory=list)
    rounds: list[str] = field(default_factory=list)
    played: list[int] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    """Requests whose outcome the client does not know."""
    notices: list[int] = field(default_factory=list)


class World:
    """An episode's world at some step."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.now_ms = setting.start_ms
        self.queue = SimulatedQueue()
        if not _images:
            _images.append(migrated_image())
        self.wallets = [self._wallet(number) for number in range(setting.wallets)]
        self.places = [Places() for _ in self.wallets]
        self.sent: dict[int, tuple[int, Request]] = {}
        self.done: dict[int, Done] = {}
        self.notices: dict[int, list[tuple[int, Request]]] = {}
        self.versions: dict[str, list[int]] = {"dice": [1, 1], "plain": [1, 1]}
        self.logins = ["login-0" for _ in self.wallets]
        self.last_played: int | None = None
        """The wallet that the last step played with."""
        self.projection = Projection(self) if setting.projects else None

    def _wallet(self, number: int) -> SimulatedWallet:
        player_id = player_id_of(self.setting, number)
        return SimulatedWallet(
            player_id=player_id,
            clock=SimulatedClock(self.now_ms),
            entropy=OperationEntropy(f"{self.setting.seed} {self.setting.episode} {number}"),
            queue=self.queue,
            limits=dict(self.setting.limits),
            image=_images[0],
            rules=self.setting.rules,
            jurisdiction=self.setting.jurisdiction,
            day_offset_ms=self.setting.day_offset_ms,
        )

    def begin(self) -> None:
        """What is so before the first step: the house knows the players, who have just logged in.

        Raises:
            LawBroken: when a law does not hold already.
        """
        for number, wallet in enumerate(self.wallets if self.setting.is_known else ()):
            wallet.entropy.begin((1 << 32) + number)
            for name, status in GOOD.items():
                fact = {"name": name, "status": status, "version": 1, "valid_until": None}
                wallet.send(Request("fact_record", "", "", fact))
            place = {"verdict": "inside", "reason": None, "address": HOME}
            login = {"session_id": "login-0", "place": place}
            wallet.send(Request("session_begin", "", "", login))

    @property
    def commands(self) -> int:
        """Commands that reached a wallet."""
        return sum(wallet.commands for wallet in self.wallets)

    def execute(self, operation: Operation) -> None:
        """One step.

        Raises:
            LawBroken: when a law does not hold any more.
        """
        self.now_ms += operation.wait_ms
        for wallet in self.wallets:
            wallet.clock.true_ms = self.now_ms
            wallet.entropy.begin(operation.number)
        wallet = self.wallets[operation.wallet]
        is_play = operation.args.get("kind") == "play"
        self.last_played = operation.wallet if is_play else None
        STEPS[operation.kind](self, wallet, operation)

    # Commands of clients, the provider, the bank and the desk

    def command(self, wallet: SimulatedWallet, operation: Operation) -> None:
        args = operation.args
        payload = self._resolved(args["payload"])
        if payload is None:
            return
        request = Request(
            args["kind"], args["key"], args["session"], payload, args.get("context", "")
        )
        self.sent[operation.number] = (operation.wallet, request)
        self._send(operation, operation.number, request)

    def retry(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """A client asks again under its key, because it does not know or does not trust."""
        of = operation.args["of"]
        found = self.sent.get(of)
        if found is not None and found[0] == operation.wallet:
            self._send(operation, of, found[1])

    def conflict(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """Another request under a key that was used, or may still be used."""
        found = self.sent.get(operation.args["of"])
        if found is not None and found[0] == operation.wallet and found[1].key:
            request = replace(
                found[1],
                kind=operation.args["kind"],
                payload=operation.args["payload"],
                session=operation.args["session"],
            )
            self._deliver(wallet, request, operation.fault)

    def notice(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """The bank tells of payments; `until` of them are worked off, then the process dies."""
        requests = self.notices.get(operation.args.get("of", -1))
        if requests is None:
            requests = [
                (payment["wallet"], Request("deposit_credit", payment["key"], "", payload))
                for payment in operation.args.get("payments", ())
                if (payload := self._resolved(payment["payload"])) is not None
            ]
            self.notices[operation.number] = requests
        for number, request in requests[: operation.args["until"]]:
            self._deliver(self.wallets[number], request, operation.fault)

    def _send(self, operation: Operation, of: int, request: Request) -> None:
        wallet = self.wallets[operation.wallet]
        unknown = self.places[operation.wallet].unknown
        reply = self._deliver(wallet, request, operation.fault)
        if reply is None or (operation.fault is not None and operation.fault[0] == "answer"):
            if of not in unknown:
                unknown.append(of)
            return
        if of in unknown:
            unknown.remove(of)
        if reply.ok and of not in self.done:
            self.done[of] = Done(operation.wallet, request, reply.body)
            self._note(operation.wallet, of, request)

    def _deliver(
        self, wallet: SimulatedWallet, request: Request, fault: tuple[str, int] | None
    ) -> Reply | None:
        """Bring a request to the wallet through what the network and the storage do to it."""
        match fault:
            case ("request", _):
                return None
            case ("storage", nth):
                wallet.sql.fail_at(nth)
            case ("evicted", _):
                wallet.evict()
            case ("alarm", _):
                wallet.alarm.refuses = True
        reply = wallet.send(request)
        wallet.alarm.refuses = False
        if fault is not None and fault[0] == "twice":
            again = wallet.send(request)
            require(again is not None, "a healthy storage fails nothing", request)
        return reply

    def _note(self, number: int, of: int, request: Request) -> None:
        """What others may build on from now on."""
        places = self.places[number]
        match request.kind:
            case "game_session_open":
                places.sessions.append(of)
            case "deposit_request":
                places.deposits.append(of)
            case "withdrawal_hold":
                places.holds.append(of)
            case "play":
                places.played.append(of)
            case "session_begin":
                self.logins[number] = request.payload["session_id"]
            case "session_revoke":
                self.logins[number] = f"login-{of}"

    def _resolved(self, template: Payload) -> Payload | None:
        """The payload with `{"of": n, "field": f}` replaced; None when operation n is not there."""
        payload: Payload = {}
        for name, value in template.items():
            if isinstance(value, dict) and "of" in value:
                done = self.done.get(value["of"])
                if done is None:
                    return None
                payload[name] = done.body[value["field"]]
            else:
                payload[name] = value
        return payload

    # The platform

    def ask(self, wallet: SimulatedWallet, operation: Operation) -> None:
        what, session = operation.args["what"], operation.args["session"]
        body = wallet.ask(what, session, **operation.args.get("payload", {}))
        if body and what == "balance":
            for name, value in wallet.balances().items():
                require(body[name] == value, "every read is a true balance", body)
        elif body and what == "protection":
            check_panel(wallet, body)
        elif body and what == "gate":
            check_gate(wallet, session, operation.args["payload"]["address"], body)

    def evict(self, wallet: SimulatedWallet, operation: Operation) -> None:
        wallet.evict()

    def skew(self, wallet: SimulatedWallet, operation: Operation) -> None:
        wallet.clock.skew_ms = operation.args["ms"]

    def alarm(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """Fire the alarm, on time or not; or lose it, as the platform does after six failures."""
        if operation.args["how"] == "lost":
            wallet.alarm.at_ms = None
            return
        if wallet.alarm.at_ms is None and operation.args["how"] != "unset":
            return
        match operation.fault:
            case ("storage", nth):
                wallet.sql.fail_at(nth)
            case ("alarm", _):
                wallet.alarm.refuses = True
            case (("refused" | "taken") as how, _):
                self.queue.fault = how
        wallet.fire_alarm()
        wallet.alarm.refuses, self.queue.fault = False, ""
        if operation.args["how"] == "twice":
            wallet.fire_alarm()

    def travel(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """Look at a past state, or at the present one as a replay makes it."""
        back = operation.args["back"]
        check_past(wallet, max(1, wallet.log.seq - back))

    def configure(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """The house changes a game: a new version, or the kill switch."""
        self.versions[operation.args["game"]] = operation.args["version"]

    def freeze(self, wallet: SimulatedWallet, operation: Operation) -> None:
        """A broken law freezes the wallet; two people may release it."""
        wallet.freeze(operation.args["damage"], operation.args["row"])

    def check(self, wallet: SimulatedWallet, operation: Operation) -> None:
        check_wallet(wallet)

    def consume(self, wallet: SimulatedWallet, operation: Operation) -> None:
        if self.projection is not None:
            self.projection.consume(operation)

    def tick(self, wallet: SimulatedWallet, operation: Operation) -> None:
        if self.projection is not None:
            self.projection.tick(operation)


STEPS: Final[Mapping[str, Callable[[World, SimulatedWallet, Operation], None]]] = {
    "command": World.command,
    "retry": World.retry,
    "conflict": World.conflict,
    "notice": World.notice,
    "ask": World.ask,
    "evict": World.evict,
    "skew": World.skew,
    "alarm": World.alarm,
    "travel": World.travel,
    "configure": World.configure,
    "freeze": World.freeze,
    "check": World.check,
    "consume": World.consume,
    "tick": World.tick,
}
