"""`python -m bench.pieces`: CPU of each piece of a bet, inside workerd, measured from outside."""

import argparse
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from statistics import median

from bench.environment import NODE, ROOT
from bench.load import run_load
from bench.processes import cpu_by_name
from bench.services import Service
from bench.wire import HttpChannel

ENOUGH_S = 0.5


class Pieces:
    def __init__(self, checkout: Path, scratch: Path) -> None:
        self._service = Service(
            [NODE, ROOT / "bench/pieces/host.mjs"],
            scratch / "host.log",
            environment={"EDGE_CHECKOUT": str(checkout), "PIECES_STATE": str(scratch / "state")},
            folder=ROOT,
        )
        self.port = int(self._service.wait_for_line("DIRECT ").rpartition(":")[2])

    def stop(self) -> None:
        self._service.stop()

    def cpu_s(self) -> float:
        return cpu_by_name([self._service.pid]).get("workerd", 0.0)

    def microseconds(self, path: str) -> float:
        """CPU of one time, from a loop long enough to be seen."""
        times = 20
        while True:
            before = self.cpu_s()
            self._get(f"{path}?n={times}")
            spent = self.cpu_s() - before
            if spent >= ENOUGH_S:
                return spent * 1e6 / times
            times = int(times * min(max(ENOUGH_S * 1.2 / max(spent, 0.02), 1.5), 20))

    def request_microseconds(self, path: str) -> float:
        """CPU of one request, one at a time."""
        text = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        channel = HttpChannel(self.port, lambda: text, 200)
        before = self.cpu_s()
        load = run_load([channel], in_flight=1, seconds=1.5)
        channel.close()
        return (self.cpu_s() - before) * 1e6 / load.answered

    def _get(self, path: str) -> None:
        url = f"http://127.0.0.1:{self.port}/{urllib.parse.quote(path, safe='/?=')}"
        with urllib.request.urlopen(url, timeout=120) as answer:
            answer.read()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkout", type=Path, default=ROOT)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("pieces", nargs="*")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp())
    pieces = Pieces(options.checkout, scratch)
    try:
        names = options.pieces or NAMES
        for name in names:
            measure = pieces.request_microseconds if name.startswith("/") else pieces.microseconds
            try:
                values = [measure(name) for _ in range(options.repeat)]
                print(f"{name:40} {min(values):9.1f} µs  median {median(values):9.1f}", flush=True)
            except Exception as e:
                print(name, e, (scratch / "host.log").read_text()[-1500:])
    finally:
        pieces.stop()


NAMES = (
    ["/floor", "/floor/js", "rpc/echo", "rpc/touch", "rpc/bet"]
    + [
        f"front/{n}"
        for n in (
            "nothing",
            "incoming",
            "six headers",
            "request id",
            "clock",
            "urandom",
            "route",
            "token cached",
            "token decoded",
            "rate",
            "body",
            "body, pydantic alone",
            "payload",
            "stub",
            "answer split",
            "headers merged",
            "log line",
            "log line, text alone",
            "response",
            "response past the SDK",
            "SDK: request in",
            "SDK: response out",
        )
    ]
    + [
        f"back/{n}"
        for n in (
            "nothing",
            "bet",
            "bet without SQL",
            "read",
            "read: decode",
            "read: hash",
            "read: command",
            "read: games in force",
            "decide",
            "decide_play",
            "draw",
            "three ids",
            "link",
            "postings",
            "answer",
            "SQL: 5 reads",
            "SQL: answer_to",
            "SQL: head",
            "SQL: game_session",
            "SQL: protection",
            "SQL: seed",
            "SQL: two events (with link)",
            "SQL: round",
            "SQL: session",
            "SQL: seed put",
            "SQL: day",
            "SQL: command",
            "SQL: transaction",
            "SQL: exec raw",
            "SQL: exec raw, toArray",
            "SQL: exec, one row of 12",
            "SQL: exec, 12 as one JSON",
            "clock",
            "urandom",
            "SDK: text in",
            "SDK: answer out",
        )
    ]
)

if __name__ == "__main__":
    main()
