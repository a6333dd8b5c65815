"""Runs to tables: medians with their spread, and ratios taken run by run.

A ratio compares two contenders within one repetition, because what else the machine does changes
between repetitions and not between neighbours; the median of these ratios is the figure, the least
and the greatest are its spread.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Final

from bench.processes import Memory
from bench.requests import RequestCost
from bench.scenarios import Run

EDGE: Final = "edge"
PEER: Final = "peer"
JS: Final = "js"

type Value = Callable[[Run], float]


def absolute_table(runs: Sequence[Run]) -> str:
    """One line for each scenario and contender."""
    lines = [
        "| scenario | contender | bets/s | p50 ms | p99 ms | CPU ms a bet | of it | other load |",
        "|---|---|--:|--:|--:|--:|---|--:|",
    ]
    for scenario in _distinct(run.scenario for run in runs):
        for contender in _distinct(run.contender for run in runs):
            some = [r for r in runs if (r.scenario, r.contender) == (scenario, contender)]
            if some:
                lines.append(
                    f"| {scenario} | {contender} | {_spread([r.per_second for r in some], 0)} "
                    f"| {_spread([r.p50_ms for r in some], 1)} "
                    f"| {_spread([r.p99_ms for r in some], 1)} "
                    f"| {_spread([r.cpu_ms for r in some], 2)} | {_programs(some)} "
                    f"| {median(r.others_cores for r in some):.1f} |"
                )
    return "\n".join(lines)


def ratio_table(runs: Sequence[Run]) -> str:
    """The edge against each other contender; over WebSocket also against the peer's HTTP."""
    lines = [
        "| scenario | against | CPU a bet | bets/s | p50 | p99 |",
        "|---|---|--:|--:|--:|--:|",
    ]
    values: tuple[Value, ...] = (
        lambda run: run.cpu_ms,
        lambda run: run.per_second,
        lambda run: run.p50_ms,
        lambda run: run.p99_ms,
    )
    contenders = [name for name in _distinct(run.contender for run in runs) if name != EDGE]
    for scenario in _distinct(run.scenario for run in runs if run.contender == EDGE):
        for other in contenders:
            pairs = _pairs(runs, scenario, other)
            if pairs:
                label = other if pairs[0][1].scenario == scenario else f"{other} over HTTP"
                cells = [
                    _spread([value(a) / value(b) for a, b in pairs], 2, "×") for value in values
                ]
                lines.append(f"| {scenario} | {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def memory_table(memories: Mapping[str, Memory]) -> str:
    """After all runs."""
    lines = ["| contender | PSS MiB | RSS MiB |", "|---|--:|--:|"]
    for name, memory in memories.items():
        lines.append(f"| {name} | {memory.pss_mib:.0f} | {memory.rss_mib:.0f} |")
    return "\n".join(lines)


def request_table(costs: Sequence[RequestCost]) -> str:
    lines = ["| request | n | CPU ms | p50 ms | p99 ms |", "|---|--:|--:|--:|--:|"]
    lines += [
        f"| {cost.name} | {cost.requests} | {cost.cpu_ms:.2f} | {cost.p50_ms:.1f} "
        f"| {cost.p99_ms:.1f} |"
        for cost in costs
    ]
    return "\n".join(lines)


def write_artifact(
    path: Path,
    about: Mapping[str, object],
    runs: Sequence[Run],
    memories: Mapping[str, Memory],
    costs: Sequence[RequestCost],
) -> None:
    """Everything that was measured, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        **about,
        "runs": [asdict(run) for run in runs],
        "memory": {name: asdict(memory) for name, memory in memories.items()},
        "requests": [asdict(cost) for cost in costs],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")


def _pairs(runs: Sequence[Run], scenario: str, other: str) -> list[tuple[Run, Run]]:
    """Runs of the edge with those of the other in the same repetition, over HTTP where the other
    has no such face.
    """
    theirs = {(run.repetition, run.scenario): run for run in runs if run.contender == other}
    pairs = []
    for run in runs:
        if run.contender == EDGE and run.scenario == scenario:
            found = theirs.get((run.repetition, scenario)) or theirs.get(
                (run.repetition, run.over_http)
            )
            if found is not None:
                pairs.append((run, found))
    return pairs


def _programs(runs: Sequence[Run]) -> str:
    names = _distinct(name for run in runs for name in run.cpu_ms_by_program)
    # Node names its main thread, and so the process, after the thread.
    shown = {"MainThread": "host", "python": "uvicorn"}
    parts = [
        f"{shown.get(name, name)} {median(r.cpu_ms_by_program.get(name, 0.0) for r in runs):.2f}"
        for name in names
    ]
    return " + ".join(parts)


def _spread(values: Sequence[float], digits: int, unit: str = "") -> str:
    middle = f"{median(values):.{digits}f}{unit}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
