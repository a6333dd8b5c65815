"""A wallet, its table of live play, and sockets that remember what was sent on them."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from live.table import Table
from unit.wallet.wallet_house import IN_FORCE, LOGIN, House

from shared.platform.native.alarm import NativeAlarm
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.live import HandOver

OTHER_LOGIN = "019ab0de-0000-7000-8000-0000000000bb"
MINUTE_MS = 60_000
TOKEN_MS = 10 * MINUTE_MS
type Json = dict[str, Any]


@dataclass(eq=False)
class RememberedSocket:
    """A socket whose client reads when it likes."""

    key: int
    attachment: str
    unsent_bytes: int = 0
    received: list[Json] = field(default_factory=list)
    closed: tuple[int, str] | None = None

    def send(self, text: str) -> None:
        assert self.closed is None, "nothing is sent on a closed socket"
        self.received.append(json.loads(text))

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def last(self) -> Json:
        return self.received[-1]

    def of_type(self, kind: str) -> list[Json]:
        return [message for message in self.received if message["type"] == kind]


class RememberedSockets:
    """What the platform keeps while the object is evicted."""

    def __init__(self) -> None:
        self.open: list[RememberedSocket] = []
        self.answers: dict[str, str] = {}
        self._keys = itertools.count(1)

    def all(self) -> list[RememberedSocket]:
        return [socket for socket in self.open if socket.is_open]

    def accept(self, attachment: str) -> tuple[object, RememberedSocket]:
        socket = RememberedSocket(next(self._keys), attachment)
        self.open.append(socket)
        return socket, socket

    def answer(self, request: str, response: str) -> None:
        self.answers[request] = response


class Failures(list[str]):
    """What went wrong inside, by where and type."""

    def note(self, during: str, error: Exception) -> None:
        self.append(f"{during}: {type(error).__name__}")


class Live:
    """One player's wallet with a table."""

    def __init__(self, *limits: tuple[str, str, int], house: House | None = None) -> None:
        self.house = (house or House()).open(*limits).admit().deposit(10_000)
        self.sockets = RememberedSockets()
        self.alarm = NativeAlarm()
        self.log: list[Json] = []
        self.failures = Failures()
        self.session = self.house.session()
        self.numbers = itertools.count(1)
        self.table = self.woken()

    def woken(self) -> Table:
        """The table as it comes back after an eviction."""
        self.table = Table(
            self.house.woken(),
            self.sockets,
            self.house.clock,
            EarliestAlarm(self.alarm, self.house.clock),
            self.failures.note,
            self.log.append,
        )
        return self.table

    def join(self, login: str = LOGIN, games: str = IN_FORCE, per_second: int = 20) -> Any:
        now_ms = self.house.clock.now_ms()
        offer = HandOver(login, now_ms, now_ms + TOKEN_MS, per_second, games, self.house.address)
        return self.table.seat(offer.encode())

    def say(self, socket: RememberedSocket, kind: str, **members: object) -> Json:
        """Send one message; what was received last."""
        sent = {"id": next(self.numbers), "type": kind, **members}
        self.table.message(socket, json.dumps(sent))
        return socket.last

    def bet(self, socket: RememberedSocket, stake_minor: int = 100, **members: object) -> Json:
        number = next(self.numbers)
        bet = {
            "idempotency_key": f"bet-{number}",
            "session_id": self.session,
            "stake_minor": stake_minor,
            "params": {"payout": 0},
        }
        return self.say(socket, "round", **(bet | members))

    def over_http(self, kind: str, key: str, **payload: object) -> str:
        """A command of the player by RPC, as the object's entry hands it to the table."""
        return self._rpc(kind, key, LOGIN, payload)

    def by_the_house(self, kind: str, **payload: object) -> str:
        """A command of the house by RPC."""
        return self._rpc(kind, "", "", payload)

    def _rpc(self, kind: str, key: str, login: str, payload: Json) -> str:
        text = json.dumps(payload)
        context = self.house.context if kind == "play" else ""
        answer = self.house.wallet.execute(kind, key, login, text, context)
        if self.table.is_occupied:
            self.table.heed(kind, text, answer, context)
        return answer
