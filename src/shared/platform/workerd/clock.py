"""`Clock` of the platform: JavaScript's, because Python's runs ahead of it.

Pyodide on workerd adds a millisecond to the time whenever it is read twice within one, so that file
times always move: a thousand calls of `time.time()` are a second ahead, and the next request is
back in the present. `Date.now()` itself stands still between two I/O operations on the platform.
"""

from shared.platform.workerd.foreign import js


class SystemClock:
    """`Clock` that asks the platform on every call; 0 while a Worker is imported."""

    __slots__ = ()

    def now_ms(self) -> int:
        return int(js.Date.now())
