"""`Clock` that stands still until it is told to move."""

from typing import Final

TEST_EPOCH_MS: Final = 1_795_356_900_000
"""2026-11-22T14:15:00Z, a Sunday: a fixed beginning, far from any boundary of a day."""


class ManualClock:
    """`Clock` at a settable time."""

    def __init__(self, now_ms: int = TEST_EPOCH_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, by_ms: int) -> int:
        """Move on by `by_ms` milliseconds; back when negative, as a clock under repair does."""
        self._now_ms += by_ms
        return self._now_ms

    def set(self, now_ms: int) -> None:
        """Stand at `now_ms`."""
        self._now_ms = now_ms
