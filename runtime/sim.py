"""`make sim`: invented histories with faults against the real wallet, until a law breaks.

Prints the seed and the commit, so that any failure can be had again; a failing history is cut down
to the steps that matter and saved under artifacts/simulation.
"""

import argparse
import secrets
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from simulation.sim.campaign import Campaign, run_campaign  # noqa: E402 - needs the paths above
from simulation.sim.episode import play_again  # noqa: E402
from simulation.sim.report import commit, describe, load, save  # noqa: E402
from simulation.sim.shrink import shrink  # noqa: E402

PROGRESS_EVERY_S = 30


class Progress:
    """A line every half minute."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PROGRESS_EVERY_S

    def __call__(self, total: Campaign) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_EVERY_S
            print(line_of(total), flush=True)


def line_of(total: Campaign) -> str:
    rate = total.operations / total.seconds if total.seconds else 0
    return (
        f"{total.operations:,} operations in {total.episodes:,} episodes, {total.commands:,} "
        f"commands, {total.events:,} events ({total.projected:,} projected), "
        f"{total.seconds:.0f} s, {rate:,.0f} operations/s"
    )


def simulate(seed: int, operations: int, processes: int) -> int:
    print(f"seed {seed}, commit {commit()}, {operations:,} operations", flush=True)
    total = run_campaign(seed, operations, processes=processes, progress=Progress())
    print(line_of(total))
    if total.failure is None:
        print(f"every law held; seed {seed}")
        return 0
    length = len(total.failure.operations)
    smallest = shrink(total.failure)
    print(describe(smallest, length))
    print(f"  saved     {save(smallest)}\n  again     make sim REPLAY={save(smallest)}")
    return 1


def replay(path: Path) -> int:
    setting, operations = load(path)
    failure = play_again(setting, operations)
    if failure is None:
        print(f"every law holds at {commit()}")
        return 0
    print(describe(failure, len(operations)))
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", type=int, default=200_000, help="operations to play")
    parser.add_argument("--seed", type=int, default=None, help="one integer; a fresh one if absent")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--replay", type=Path, default=None, help="a saved history")
    asked = parser.parse_args()
    if asked.replay is not None:
        return replay(asked.replay)
    seed = secrets.randbelow(1 << 32) if asked.seed is None else asked.seed
    return simulate(seed, asked.ops, asked.processes)


if __name__ == "__main__":
    sys.exit(main())
