"""One step of a simulated history, as data.

An operation says everything that happens in it, its fault included, and names what it builds on by
the number of an earlier operation (`of`: the hold that operation 12 made). So any part of a history
is a history again: an operation whose reference is gone does nothing. That is what lets a failing
history be cut down, saved, and played again.
"""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """`number` is its place in the history that was drawn; `wait_ms` passes before it.

    `fault` is None or a name with an argument: see `faults`.
    """

    number: int
    kind: str
    wallet: int
    wait_ms: int
    args: dict[str, Any] = field(default_factory=dict)
    fault: tuple[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def operation_of(saved: dict[str, Any]) -> Operation:
    """The operation that `as_json` gave, read from a file."""
    fault = saved.get("fault")
    return Operation(
        number=saved["number"],
        kind=saved["kind"],
        wallet=saved["wallet"],
        wait_ms=saved["wait_ms"],
        args=saved["args"],
        fault=(fault[0], fault[1]) if fault else None,
    )
