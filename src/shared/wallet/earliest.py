"""The one alarm of a wallet's object, shared by who needs it: the outbox and the sockets.

Each says by when it must be woken, and the earliest counts; the handler serves everybody and ends
by asking everybody again. What is set is noted before the platform is told, so that of two who ask
at once the later time never replaces the earlier one.
"""

from shared.platform.ports import Alarm, Clock


class EarliestAlarm:
    """The alarm of one object, which when new does not know what its former life had set."""

    __slots__ = ("_alarm", "_clock", "_is_known", "_set_for")

    def __init__(self, alarm: Alarm, clock: Clock) -> None:
        self._alarm = alarm
        self._clock = clock
        self._is_known = False
        self._set_for: int | None = None

    def rung(self) -> None:
        """The handler runs: nothing is set."""
        self._is_known = True
        self._set_for = None

    async def no_later_than(self, at_ms: int) -> None:
        """See that the handler runs at `at_ms` (UTC milliseconds) at the latest, but for delays of
        the platform. An alarm that should have come is asked for at once, never for later.

        Raises:
            PlatformError: when the platform did not take it; nothing is known of it then.
        """
        if not self._is_known:
            found = await self._alarm.get()
            if not self._is_known:
                self._is_known = True
                self._set_for = found
        if self._set_for is not None:
            now_ms = self._clock.now_ms()
            if now_ms <= self._set_for <= at_ms:
                return
            if self._set_for < now_ms:
                at_ms = now_ms  # what it was set for is overdue, and has not been done
        self._set_for = at_ms
        try:
            await self._alarm.set_at(at_ms)
        except BaseException:
            self._is_known = False
            raise
