"""What a check says when it fails. Checks run inside workerd too, where there is no pytest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


def equal(actual: object, expected: object) -> None:
    """Fails unless both are equal and of one type, so that `True` is not 1 and 1.0 is not 1."""
    if actual != expected or type(actual) is not type(expected):
        raise AssertionError(f"{actual!r} is not {expected!r}")


@dataclass(slots=True)
class Caught:
    """What a block raised."""

    error: Exception | None = None


@contextmanager
def refused(kind: type[Exception]) -> Iterator[Caught]:
    """Fails unless the block raises exactly `kind`, no subclass: callers tell them apart."""
    caught = Caught()
    try:
        yield caught
    except kind as error:
        if type(error) is not kind:
            raise
        caught.error = error
    else:
        raise AssertionError(f"nothing was refused where {kind.__name__} was expected")
