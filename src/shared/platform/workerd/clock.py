"""`Clock` of the platform: real at request time, 0 while a Worker is imported.

Between two I/O operations of one request the clock stands still, by the platform's design.
"""

import time


class SystemClock:
    """`Clock` that asks the platform on every call."""

    __slots__ = ()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
