"""Values: frozen to the type checker and to every native test, and built at full speed in a Worker.

A frozen dataclass assigns each field through `object.__setattr__`, which makes building one seven
times slower than a plain one, and a bet builds some thirty. The type checker refuses assignments
to a value everywhere; outside the Workers runtime the class is frozen for real, so that a test
which changed one would fail.
"""

import sys
from dataclasses import dataclass
from typing import Final, dataclass_transform

_IN_WORKER: Final = sys.platform == "emscripten"


@dataclass_transform(frozen_default=True)
def value[T](cls: type[T]) -> type[T]:
    """The class as an immutable value with slots, equal and hashed by its fields."""
    if _IN_WORKER:
        return dataclass(slots=True, unsafe_hash=True)(cls)
    return dataclass(frozen=True, slots=True)(cls)
