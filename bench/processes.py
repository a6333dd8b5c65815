"""What processes cost: CPU time and memory of whole trees, read from /proc.

CPU of a tree counts every process of it, and those of its children that have ended and been waited
for; the sum only grows, so the difference of two readings is what was spent in between.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Mebibytes; PSS shares out what several processes map, RSS counts it in each."""

    rss_mib: float
    pss_mib: float


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    name: str
    cpu_s: float


def cpu_by_name(roots: Iterable[int]) -> dict[str, float]:
    """CPU seconds so far of the trees below `roots`, by name of program."""
    spent: dict[str, float] = {}
    for process in _tree(roots):
        spent[process.name] = spent.get(process.name, 0.0) + process.cpu_s
    return spent


def memory(roots: Iterable[int]) -> Memory:
    """Memory of the trees below `roots` now."""
    rss = pss = 0
    for process in _tree(roots):
        for line in _text(process.pid, "smaps_rollup").splitlines():
            if line.startswith("Rss:"):
                rss += int(line.split()[1])
            elif line.startswith("Pss:"):
                pss += int(line.split()[1])
    return Memory(rss / 1024, pss / 1024)


def busy_seconds() -> float:
    """CPU seconds that the whole machine has spent on anything but waiting."""
    fields = [int(part) for part in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    idle, iowait = fields[3], fields[4]
    return (sum(fields[:8]) - idle - iowait) / _TICKS_A_SECOND


def wait_until_quiet(
    spent_s: Callable[[], float], *, quiet_s: float, allowance: float = 0.06, most_s: float = 30.0
) -> float:
    """Waits until a window of `quiet_s` passes with at most `allowance` of one core in use.

    Returns the CPU seconds read at the beginning of that window.
    """
    deadline = time.monotonic() + most_s
    step_s = 0.1
    before, since = spent_s(), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(step_s)
        now = spent_s()
        if now - before > max(allowance * (time.monotonic() - since), 1.5 / _TICKS_A_SECOND):
            before, since = now, time.monotonic()
        elif time.monotonic() - since >= quiet_s:
            return before
    return spent_s()


def _tree(roots: Iterable[int]) -> list[_Process]:
    everything = [found for path in _PROC.glob("[0-9]*") if (found := _read(int(path.name)))]
    children: dict[int, list[_Process]] = {}
    for process in everything:
        children.setdefault(process.parent, []).append(process)
    wanted = set(roots)
    tree = [process for process in everything if process.pid in wanted]
    for process in tree:  # grows while it is walked
        tree += children.get(process.pid, [])
    return tree


def _read(pid: int) -> _Process | None:
    text = _text(pid, "stat")
    if not text:
        return None
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    ticks = sum(int(field) for field in fields[11:15])  # own and waited-for, user and system
    return _Process(pid, int(fields[1]), head.partition("(")[2], ticks / _TICKS_A_SECOND)


def _text(pid: int, name: str) -> str:
    try:
        return (_PROC / str(pid) / name).read_text()
    except OSError:
        return ""  # it has ended meanwhile
