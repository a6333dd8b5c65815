"""From the outbox to the queue: one alarm per wallet, armed when events wait and none is set. What
waits goes as one message, a JSON array of events in their order: the platform bills by the message.

Whether the alarm is armed is remembered in memory, so that a bet costs no call to the storage for
it; a new object does not know and finds out on its first call. The alarm may come late, twice or,
after six failures, never: every run ends by arming the next one when something still waits, and a
failed delivery is no failure of the alarm.
"""

import json
from typing import Final

from shared.platform.ports import PlatformError, Queue
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.service import Wallet

EVENTS_PER_MESSAGE: Final = 100
MESSAGES_PER_ALARM: Final = 20
"""An alarm that found a long backlog gives way to the player's next command and is armed again."""


class Delivery:
    """The delivery of one wallet's events."""

    __slots__ = ("_alarm", "_armed", "_queue", "_wallet")

    def __init__(self, wallet: Wallet, queue: Queue, alarm: EarliestAlarm) -> None:
        self._wallet = wallet
        self._queue = queue
        self._alarm = alarm
        self._armed = False

    async def arm(self) -> None:
        """Set the alarm when events wait and this object knows of none that is set."""
        if self._armed:
            return
        at_ms = self._wallet.next_delivery_at()
        if at_ms is not None:
            self._armed = True
            try:
                await self._alarm.no_later_than(at_ms)
            except BaseException:
                self._armed = False
                raise

    async def drain(self) -> None:
        """Deliver what waits, oldest first; the alarm's handler. Ends with the alarm armed again
        when something still waits, be it refused, new or too much for one run.
        """
        self._alarm.rung()
        self._armed = True
        try:
            for _ in range(MESSAGES_PER_ALARM):
                events = self._wallet.undelivered(EVENTS_PER_MESSAGE)
                if not events or not await self._sent(events):
                    break
        finally:
            self._armed = False
            await self.arm()

    async def _sent(self, events: list[str]) -> bool:
        try:
            await self._queue.send_batch([f"[{','.join(events)}]"])
        except PlatformError:
            self._wallet.delivery_failed()
            return False
        self._wallet.delivered(json.loads(events[-1])["seq"])
        return True
