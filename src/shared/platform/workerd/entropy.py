"""`Entropy` of the platform's CSPRNG: `crypto.getRandomValues` behind `os.urandom`.

While a Worker is imported the platform refuses randomness, because a snapshot is taken there.
"""

import os


class SystemEntropy:
    """`Entropy` that asks the platform on every call; it keeps no pool."""

    __slots__ = ()

    def token(self, size: int) -> bytes:
        return os.urandom(size)
