"""What is compared: a server with funded players that takes the same bet on the same address.

Every contender answers `POST /v1/me/rounds` with 201 to the same headers and body, its tokens are
signed the same way, and a contender with a WebSocket takes the same bet on `GET /v1/play`.
"""

import itertools
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.processes import Memory, cpu_by_name, memory
from bench.wire import Channel, HttpChannel, WebSocketChannel

STAKE_MINOR: Final = 100
PARAMS: Final = {"target": 50, "over": False}


@dataclass(frozen=True, slots=True)
class Bettor:
    """A funded player with an open game session; `token` outlives the benchmark."""

    player_id: str
    session_id: str
    token: str


class Contender(ABC):
    """A server under load. `settle_quiet_s`: how long it must be quiet to have no work left."""

    name: str
    settle_quiet_s: float = 0.3

    def __init__(self) -> None:
        self.bettors: Sequence[Bettor] = ()
        self.port = 0

    @abstractmethod
    def start(self, wallets: int) -> None:
        """Start the server and open `wallets` funded wallets."""

    @abstractmethod
    def stop(self) -> None:
        """End every process that `start` made; stopping twice is harmless."""

    @abstractmethod
    def roots(self) -> Sequence[int]:
        """The processes whose trees are the server."""

    def check(self) -> str:
        """What the books say after the runs, for the report.

        Raises:
            AssertionError: when a bet was lost or a law is broken: then no figure counts.
        """
        return "not checked"

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by program."""
        return cpu_by_name(self.roots())

    def memory(self) -> Memory:
        return memory(self.roots())

    def http_channels(self, connections: int, wallets: int) -> list[Channel]:
        """Connections that take the wallets in turn, one bet each."""
        turns = itertools.cycle([_requests(bettor) for bettor in self.bettors[:wallets]])
        return [HttpChannel(self.port, lambda: next(next(turns)), 201) for _ in range(connections)]

    def websocket_channels(self, wallets: int, sockets_each: int = 1) -> list[Channel]:
        """Sockets of each wallet.

        Raises:
            UpgradeRefused: where there is no such face.
        """
        return [
            WebSocketChannel(self.port, "/v1/play", bettor.token, _messages(bettor))
            for _ in range(sockets_each)
            for bettor in self.bettors[:wallets]
        ]


def _bet(bettor: Bettor) -> dict[str, object]:
    return {"session_id": bettor.session_id, "stake_minor": STAKE_MINOR, "params": PARAMS}


def _requests(bettor: Bettor) -> Iterator[bytes]:
    body = json.dumps(_bet(bettor)).encode()
    run = secrets.token_hex(8)
    before = (
        "POST /v1/me/rounds HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\n"
        f"Authorization: Bearer {bettor.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: {run}-"
    ).encode()
    after = b"\r\n\r\n" + body
    for number in itertools.count():
        yield before + b"%d" % number + after


def _messages(bettor: Bettor) -> Callable[[], tuple[str, bytes]]:
    run = secrets.token_hex(8)
    numbers = itertools.count()

    def make() -> tuple[str, bytes]:
        name = f"{run}-{next(numbers)}"
        text = json.dumps({"id": name, "type": "round", "idempotency_key": name, **_bet(bettor)})
        return text, f'"{name}"'.encode()

    return make
