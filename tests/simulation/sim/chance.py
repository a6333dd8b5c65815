"""All chance of a simulation, from one integer.

An episode is a number below a seed and has a generator of its own, so that any of them can be
played alone, in any process, in any order. Entropy of the simulated machines does not come from
that generator but from the number of the operation that asks: a history from which operations were
cut still draws the same ids and seeds in those that are left.
"""

from hashlib import blake2b
from random import Random
from typing import Final

_LARGEST_DIGEST: Final = 64


def generator_of(seed: int, episode: int) -> Random:
    """The generator that draws the history of an episode."""
    return Random(f"history {seed} {episode}")


class OperationEntropy:
    """`Entropy` whose bytes follow from the name, the operation and the calls made in it."""

    __slots__ = ("_calls", "_key", "_operation")

    def __init__(self, name: str) -> None:
        self._key = blake2b(name.encode(), digest_size=32).digest()
        self._operation = 0
        self._calls = 0

    def begin(self, operation: int) -> None:
        """From now on it is this operation that asks."""
        self._operation = operation
        self._calls = 0

    def token(self, size: int) -> bytes:
        assert size <= _LARGEST_DIGEST, size
        self._calls += 1
        message = self._operation << 32 | self._calls
        return blake2b(message.to_bytes(16), key=self._key, digest_size=size).digest()
