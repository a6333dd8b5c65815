"""What every actor is made of: see `actors`."""

from collections.abc import Callable
from random import Random
from typing import Any

from simulation.sim.world import World

type Step = tuple[str, dict[str, Any]]
type Actor = Callable[[World, Random, int, int], Step | None]
"""World, chance, number of the wallet, number of the operation."""


def command(
    kind: str,
    number: int,
    session: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    **more: Any,
) -> Step:
    key = f"k{number}" if key is None else key
    args = {"kind": kind, "key": key, "session": session, "payload": payload}
    return "command", {**args, **more}


def amount_of(chance: Random, most: int = 3_000) -> int:
    return chance.choice((1, 7, chance.randint(1, most), chance.randint(1, most)))


def answered(number: int, field: str) -> dict[str, Any]:
    return {"of": number, "field": field}
