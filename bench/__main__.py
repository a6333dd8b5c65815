"""`make bench`: the same bet on the edge, on a native peer and on a JavaScript Worker, in one run.

All contenders are started side by side and take turns: every scenario is run by each of them before
the next, several times over, in an order that moves on with every repetition. A contender that
waits costs nothing, and one that has worked is waited for until it is idle.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.contender import Contender
from bench.edge_contender import Edge, open_wallets, without_delivery
from bench.environment import ARTIFACTS, ROOT, commit, machine
from bench.js_contender import JavaScriptWorker
from bench.native_peer import NativePeer, PeerUnavailable
from bench.processes import Memory
from bench.report import (
    EDGE,
    absolute_table,
    memory_table,
    ratio_table,
    request_table,
    write_artifact,
)
from bench.requests import RequestCost, request_costs
from bench.scenarios import HTTP, WEBSOCKET, Run, Scenario, closed_scenarios, measure, warm_up
from bench.wire import UpgradeRefused

BETS_ALONE: Final = "edge, bets alone"
WRONG: Final = "WRONG"


@dataclass(frozen=True, slots=True)
class Size:
    """How long a benchmark takes."""

    wallets: int
    repetitions: int
    seconds: float


FULL: Final = Size(wallets=50, repetitions=3, seconds=3.0)
QUICK: Final = Size(wallets=16, repetitions=1, seconds=1.5)


@dataclass(slots=True)
class Bench:
    """One benchmark while it runs."""

    size: Size
    contenders: list[Contender]
    without_websocket: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)

    def scenarios(self) -> list[Scenario]:
        """All shapes, and one at equal load: half of what the slowest can do."""
        busiest = Scenario(HTTP, 16, self.size.wallets)
        for contender in self.contenders:
            # V8 compiles what is used often: the first thousand bets in Python cost twice.
            warm_up(contender, busiest, self.size.seconds * 3)
        speeds = [warm_up(c, busiest, self.size.seconds).per_second for c in self.contenders]
        closed = closed_scenarios(self.size.wallets)
        at_http = sum(scenario.face == HTTP for scenario in closed)
        closed.insert(at_http, replace(busiest, rate=max(float(int(min(speeds) / 2)), 5.0)))
        return closed

    def find_websockets(self) -> None:
        """Notes who has no WebSocket yet."""
        for contender in self.contenders:
            try:
                for channel in contender.websocket_channels(1):
                    channel.close()
            except UpgradeRefused as refused:
                self.without_websocket.add(contender.name)
                say(f"{contender.name}: GET /v1/play: {refused}; its WebSocket runs are skipped")

    def run(self) -> None:
        """Every scenario, by every contender, in turn."""
        self.find_websockets()
        scenarios = self.scenarios()
        for repetition in range(self.size.repetitions):
            turn = repetition % len(self.contenders)
            order = self.contenders[turn:] + self.contenders[:turn]
            for scenario in scenarios:
                for contender in order:
                    if self._takes_part(contender, scenario):
                        self.runs.append(
                            measure(contender, scenario, repetition, self.size.seconds)
                        )
                        say(_line(self.runs[-1]))

    def _takes_part(self, contender: Contender, scenario: Scenario) -> bool:
        if contender.name == BETS_ALONE and scenario.rate is not None:
            return False
        return scenario.face != WEBSOCKET or contender.name not in self.without_websocket


def say(text: str) -> None:
    """Progress, as it comes."""
    print(text, file=sys.stderr, flush=True)


def _line(run: Run) -> str:
    return (
        f"  {run.repetition + 1}  {run.scenario:45} {run.contender:17} {run.per_second:6.0f}/s"
        f"  p99 {run.p99_ms:6.1f} ms  CPU {run.cpu_ms:5.2f} ms"
    )


@contextmanager
def started(contenders: Sequence[Contender], wallets: int) -> Iterator[list[Contender]]:
    """Those of the contenders that can be had here, running."""
    running: list[Contender] = []
    try:
        for contender in contenders:
            begun = time.monotonic()
            try:
                running.append(contender)
                contender.start(wallets)
            except PeerUnavailable as reason:
                running.remove(contender)
                say(f"{contender.name} is left out: {reason}")
            else:
                say(f"{contender.name} started in {time.monotonic() - begun:.1f} s")
        yield running
    finally:
        for contender in running:
            contender.stop()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for all data of a run; PostgreSQL's own user must be able to pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="acmetocasino-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short repetition")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the edge that is measured")
    parser.add_argument(
        "--against", action="append", default=[], metavar="NAME=CHECKOUT",
        help="one more checkout of the edge as a contender",
    )  # fmt: skip
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    begun = time.monotonic()
    about: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(options.checkout),
        "quick": options.quick,
    }
    with scratch_folder() as scratch:
        about["machine"] = machine(scratch)
        say(f"commit {about['commit']} on {about['machine']}")
        say(f"opening {size.wallets} wallets …")
        opened = open_wallets(scratch, size.wallets, options.checkout)
        contenders: list[Contender] = [Edge(EDGE, scratch, options.checkout, opened)]
        contenders += [NativePeer(scratch), JavaScriptWorker(scratch)]
        if not options.quick:
            copy = without_delivery(options.checkout, scratch)
            contenders.append(Edge(BETS_ALONE, scratch, copy, opened, delivers=False))
        for other in options.against:
            name, _, checkout = other.partition("=")
            contenders.append(Edge(name, scratch, Path(checkout).resolve(), opened))
        with started(contenders, size.wallets) as running:
            bench = Bench(size, running)
            bench.run()
            memories: dict[str, Memory] = {c.name: c.memory() for c in running}
            books = {c.name: _books_of(c) for c in running}
            about["books"] = books
            say(f"books: {books}")
            costs: list[RequestCost] = []
            for contender in running:
                if isinstance(contender, Edge) and contender.name == EDGE:
                    costs = request_costs(contender, size.seconds)
    about["minutes"] = round((time.monotonic() - begun) / 60, 1)
    about["load_average_at_end"] = os.getloadavg()
    _print_report(about, bench.runs, memories, costs)
    if wrong := [name for name, told in books.items() if told.startswith(WRONG)]:
        parser.exit(1, f"the figures do not count: wrong books of {', '.join(wrong)}\n")


def _books_of(contender: Contender) -> str:
    try:
        return contender.check()
    except AssertionError as wrong:
        return f"{WRONG}: {wrong}"


def _print_report(
    about: dict[str, object],
    runs: Sequence[Run],
    memories: dict[str, Memory],
    costs: Sequence[RequestCost],
) -> None:
    path = ARTIFACTS / "compare.json"
    write_artifact(path, about, runs, memories, costs)
    heading = (
        f"commit {about['commit']}, {about['at']}, {about['minutes']} minutes, "
        f"{about['machine']}, load average at the end {about['load_average_at_end']}"
    )
    parts = [heading, absolute_table(runs)]
    parts += [f"Ratios: {EDGE} ÷ the other, median (least–greatest) over repetitions"]
    parts += [ratio_table(runs), memory_table(memories), request_table(costs)]
    text = "\n\n".join(parts)
    path.with_suffix(".md").write_text(text + "\n")
    print(f"\n{text}\n\nwritten to {path.relative_to(ROOT)} and .md")


if __name__ == "__main__":
    main()
