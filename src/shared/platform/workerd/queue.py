"""`Queue` on Workers Queues, and the messages of a consumer's batch.

Delivery is at least once and in no promised order: a consumer is idempotent by what is in the text.
"""

from collections.abc import Sequence

from shared.platform.limits import check_queue_batch
from shared.platform.ports import Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, js, members, to_js, unwrapped


class WorkerQueue:
    """`Queue` of one producer binding."""

    __slots__ = ("_queue",)

    def __init__(self, binding: Foreign) -> None:
        self._queue = unwrapped(binding)

    async def send_batch(self, messages: Sequence[str]) -> None:
        check_queue_batch(messages)
        batch = [{"body": message, "contentType": "text"} for message in messages]
        try:
            await self._queue.sendBatch(to_js(batch, dict_converter=js.Object.fromEntries))
        except JsException as error:
            raise Unreachable(error.message) from None


class ReceivedMessage:
    """One message of a batch: its text, and how the consumer answers for it.

    A message neither acknowledged nor retried counts as acknowledged when the handler returns,
    and as failed when it raises.
    """

    __slots__ = ("_message", "attempts", "message_id", "text")

    def __init__(self, message: Foreign) -> None:
        self._message = message
        self.message_id: str = message.id
        self.text: str = message.body
        self.attempts: int = message.attempts

    def ack(self) -> None:
        """Done: not to be delivered again, whatever becomes of the rest of the batch."""
        self._message.ack()

    def retry(self, *, delay_s: int = 0) -> None:
        """Deliver again after `delay_s`; after the configured number of tries, dead-letter it."""
        self._message.retry(members(delaySeconds=delay_s))


def queue_name(batch: Foreign) -> str:
    """The queue that a consumer's batch came from: one handler serves all that it consumes."""
    return str(unwrapped(batch).queue)


def received(batch: Foreign) -> list[ReceivedMessage]:
    """The messages that a consumer's `queue(batch)` was handed, in the order of the batch."""
    return [ReceivedMessage(message) for message in unwrapped(batch).messages]
