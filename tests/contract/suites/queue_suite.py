"""What every `Queue` accepts and refuses. What becomes of a message is the consumer's test."""

from contract.suites.expect import refused

from shared.platform.ports import Queue


async def check_one_message_and_a_hundred_are_accepted(queue: Queue) -> None:
    await queue.send_batch(["one"])
    await queue.send_batch([f"message {number}" for number in range(100)])


async def check_none_and_more_than_a_hundred_are_refused(queue: Queue) -> None:
    with refused(ValueError):
        await queue.send_batch([])
    with refused(ValueError):
        await queue.send_batch(["x"] * 101)


async def check_the_largest_message_is_accepted_and_a_larger_one_refused(queue: Queue) -> None:
    await queue.send_batch(["x" * 128_000])
    with refused(ValueError):
        await queue.send_batch(["x" * 128_001])


async def check_size_is_counted_in_bytes(queue: Queue) -> None:
    with refused(ValueError):
        await queue.send_batch(["é" * 64_001])


async def check_a_batch_larger_than_its_limit_is_refused(queue: Queue) -> None:
    await queue.send_batch(["x" * 128_000, "y" * 128_000])
    with refused(ValueError):
        await queue.send_batch(["x" * 128_000, "y" * 128_000, "z"])
