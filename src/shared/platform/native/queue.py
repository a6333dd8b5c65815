"""`Queue` in memory: what was sent waits until a test takes it, in any order it likes."""

from collections.abc import Sequence

from shared.platform.limits import check_queue_batch


class NativeQueue:
    """`Queue` whose messages are in `waiting`."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    async def send_batch(self, messages: Sequence[str]) -> None:
        check_queue_batch(messages)
        self.waiting.extend(messages)

    def take(self, at_most: int = 100) -> list[str]:
        """The oldest messages, removed: the batch that a consumer would get."""
        taken, self.waiting = self.waiting[:at_most], self.waiting[at_most:]
        return taken
