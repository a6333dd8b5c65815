"""Values: frozen to the type checker and to every native test, and built at full speed in a Worker.

A frozen dataclass assigns each field through `object.__setattr__`, which makes building one seven
times slower than a plain one, and a bet builds some thirty. The type checker refuses assignments
to a value everywhere; outside the Workers runtime the class is frozen for real, so that a test
which changed one would fail.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final, cast, dataclass_transform

_IN_WORKER: Final = sys.platform == "emscripten"


@dataclass_transform(frozen_default=True)
def value[T](cls: type[T]) -> type[T]:
    """The class as an immutable value with slots, equal and hashed by its fields."""
    if _IN_WORKER:
        return dataclass(slots=True, unsafe_hash=True)(cls)
    return dataclass(frozen=True, slots=True)(cls)


def altered[T](of: T, **changes: object) -> T:
    """`dataclasses.replace` of a value of two fields or more, in a fifth of its time.

    Raises:
        KeyError: for a field that the value does not have.
    """
    kind = type(of)
    shape = _SHAPES.get(kind)
    if shape is None:
        names = [field.name for field in fields(cast("Any", kind))]
        places = {name: place for place, name in enumerate(names)}
        shape = _SHAPES[kind] = attrgetter(*names), places
    read, places = shape
    values = list(read(of))
    for name, new in changes.items():
        values[places[name]] = new
    return kind(*values)


_SHAPES: Final[dict[type[Any], tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]]] = {}
"""By class: how to read all fields at once, and which place each has."""
