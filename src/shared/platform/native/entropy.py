"""`Entropy` that can be repeated: HMAC-SHA256 in counter mode under a seed. For tests only."""

import hmac
import os
from collections.abc import Callable
from typing import Self, override

_BLOCK_BYTES = 32


class SeededEntropy:
    """`Entropy` whose bytes follow from `seed` and the calls made so far."""

    def __init__(self, seed: int | str) -> None:
        self.seed = seed
        self._key = str(seed).encode()
        self._counter = 0

    @classmethod
    def fresh(cls, announce: Callable[[str], object] = print) -> Self:
        """With a seed nobody chose, which is announced so that a failure can be repeated."""
        seed = int.from_bytes(os.urandom(8))
        announce(f"entropy seed: {seed}")
        return cls(seed)

    @override
    def __repr__(self) -> str:
        return f"SeededEntropy(seed={self.seed!r}, counter={self._counter})"

    def token(self, size: int) -> bytes:
        token = b""
        while len(token) < size:
            token += hmac.digest(self._key, self._counter.to_bytes(_BLOCK_BYTES), "sha256")
            self._counter += 1
        return token[:size]
