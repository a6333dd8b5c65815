"""`Alarm` in memory. Nothing rings by itself: a test asks `is_due` and calls the handler."""

from shared.platform.limits import check_integer


class NativeAlarm:
    """`Alarm` of one object."""

    def __init__(self) -> None:
        self._at_ms: int | None = None

    async def set_at(self, at_ms: int) -> None:
        check_integer(at_ms)
        self._at_ms = at_ms

    async def get(self) -> int | None:
        return self._at_ms

    def take_if_due(self, now_ms: int) -> bool:
        """True once when the alarm is due; it is unset then, as while its handler runs."""
        if self._at_ms is None or self._at_ms > now_ms:
            return False
        self._at_ms = None
        return True
