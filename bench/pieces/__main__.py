"""`python -m bench.pieces`: CPU of each piece of a bet inside workerd, measured from outside.

The clock stands still inside a Worker between two I/O operations, so a piece is run in a loop and
what counts is the CPU of the process. Figures are of warm code in a loop: on the way of a real bet
the same code finds colder caches and costs up to twice as much.
"""

import argparse
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from bench.environment import NODE, ROOT, commit
from bench.load import run_load
from bench.processes import cpu_by_name
from bench.services import Service
from bench.wire import HttpChannel

ENOUGH_S: Final = 0.4

NAMES: Final = (
    "floor",
    "floor, global handler",
    "rpc/echo",
    "rpc/bet",
    *(
        f"front/{piece}"
        for piece in (
            "SDK: request in",
            "method, url, cf",
            "six request headers",
            "request id",
            "clock",
            "route",
            "token, remembered",
            "rate limit",
            "body",
            "body, pydantic alone",
            "payload for the wallet",
            "log line",
            "log line, its text alone",
            "response",
            "response past the SDK",
            "SDK: response out",
        )
    ),
    *(
        f"back/{piece}"
        for piece in (
            "bet",
            "bet without SQL",
            "read: payload",
            "read: request hash",
            "read: command",
            "read: games in force",
            "decide",
            "of it the draw",
            "of it three ids",
            "link two events",
            "postings of two events",
            "text of the answer",
            "SDK: text in",
            "SDK: answer out",
            "SQL: exec of SELECT 1",
            "SQL: empty transaction",
            "SQL read: answer to the key",
            "SQL read: head",
            "SQL read: game session",
            "SQL read: limits and usage",
            "SQL read: seed",
            "SQL write: two events, linked",
            "SQL write: Round",
            "SQL write: GameSession",
            "SQL write: Seed",
            "SQL write: DayUsage",
            "SQL write: answer to the key",
        )
    ),
)


class Pieces:
    """The Worker of `entry.py`, running."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._port = int(service.wait_for_line("DIRECT ").rpartition(":")[2])
        self._global_port = int(service.wait_for_line("GLOBAL ").rpartition(":")[2])

    def microseconds(self, name: str) -> float:
        """CPU of one time."""
        if name.startswith("floor"):
            return self._request_microseconds(self._port if name == "floor" else self._global_port)
        times, spent = 20, 0.0
        while spent < ENOUGH_S:
            times = int(times * min(max(ENOUGH_S * 1.2 / max(spent, 0.02), 1.5), 20))
            before = self._cpu_s()
            self._get(f"{name}?n={times}")
            spent = self._cpu_s() - before
        return spent * 1e6 / times

    def _request_microseconds(self, port: int) -> float:
        text = b"GET /floor HTTP/1.1\r\nHost: bench\r\n\r\n"
        channel = HttpChannel(port, lambda: text, 200)
        try:
            before = self._cpu_s()
            load = run_load([channel], in_flight=1, seconds=1.5)
            return (self._cpu_s() - before) * 1e6 / load.answered
        finally:
            channel.close()

    def _get(self, path: str) -> None:
        url = f"http://127.0.0.1:{self._port}/{urllib.parse.quote(path, safe='/?=')}"
        with urllib.request.urlopen(url, timeout=120) as answer:
            answer.read()

    def _cpu_s(self) -> float:
        return cpu_by_name([self._service.pid]).get("workerd", 0.0)


@contextmanager
def pieces_of(checkout: Path) -> Iterator[Pieces]:
    """The Worker with the modules of a checkout, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="acmetocasino-pieces-") as folder:
        service = Service(
            [NODE, ROOT / "bench/pieces/host.mjs"],
            Path(folder) / "host.log",
            environment={"EDGE_CHECKOUT": str(checkout), "PIECES_STATE": f"{folder}/state"},
            folder=ROOT,
        )
        try:
            yield Pieces(service)
        finally:
            service.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pieces", description=__doc__)
    parser.add_argument("--checkout", type=Path, default=ROOT)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help="default: all of them")
    options = parser.parse_args()
    print(f"commit {commit(options.checkout)}\n\n| piece | least µs | median µs |\n|---|--:|--:|")
    with pieces_of(options.checkout.resolve()) as pieces:
        for name in options.pieces or NAMES:
            values = [pieces.microseconds(name) for _ in range(options.repeat)]
            print(f"| {name} | {min(values):.1f} | {median(values):.1f} |", flush=True)


if __name__ == "__main__":
    main()
