"""Events reach the queue at least once, in order, and one alarm serves a burst."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from unit.wallet.wallet_house import PLAYER, House

from shared.platform.native.alarm import NativeAlarm
from shared.platform.native.queue import NativeQueue
from shared.platform.ports import Unreachable
from shared.wallet.delivery import EVENTS_PER_MESSAGE, MESSAGES_PER_ALARM, Delivery
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.outbox import BATCH_DELAY_MS, MAX_BACKOFF_MS, MAX_MESSAGE_BYTES, PACE_MS


class BrokenQueue:
    """A queue that refuses until it is mended."""

    def __init__(self) -> None:
        self.mended = NativeQueue()
        self.is_broken = True

    async def send_batch(self, messages: Sequence[str]) -> None:
        if self.is_broken:
            raise Unreachable("the queue is away")
        await self.mended.send_batch(messages)


class CountingAlarm(NativeAlarm):
    def __init__(self) -> None:
        super().__init__()
        self.settings = 0

    async def set_at(self, at_ms: int) -> None:
        self.settings += 1
        await super().set_at(at_ms)


def seqs(events: Sequence[str]) -> list[int]:
    return [json.loads(event)["seq"] for event in events]


def told(queue: NativeQueue) -> list[int]:
    """The places of the events in the messages that wait, in their order."""
    return [event["seq"] for message in queue.waiting for event in json.loads(message)]


def test_a_message_is_the_whole_event_with_player_and_currency(house: House) -> None:
    message = json.loads(house.wallet.undelivered(1)[0])
    stored = house.ask("event_range", login="", from_seq=1, to_seq=1).body["events"][0]
    assert message == stored
    assert (message["player_id"], message["currency"]) == (PLAYER, "BRL")
    assert isinstance(message["data"], str)


def test_what_is_delivered_is_not_sent_again_and_the_cursor_never_goes_back(house: House) -> None:
    assert seqs(house.wallet.undelivered(2)) == [1, 2]
    house.wallet.delivered(2)
    house.wallet.delivered(1)
    assert seqs(house.woken().undelivered(10)) == [3]


def test_failures_wait_longer_each_time_and_success_forgets_them(house: House) -> None:
    waits = []
    for _ in range(12):
        house.wallet.delivery_failed()
        at_ms = house.wallet.next_delivery_at()
        assert at_ms is not None
        waits.append(at_ms - house.clock.now_ms())
    assert waits[:4] == [1_000, 2_000, 4_000, 8_000]
    assert waits[-1] == MAX_BACKOFF_MS
    house.wallet.delivered(3)
    assert house.wallet.next_delivery_at() is None
    house.grant("g", 1)
    assert house.wallet.next_delivery_at() == house.clock.now_ms() + PACE_MS


def test_a_wallet_at_rest_delivers_at_once_and_a_busy_one_in_turns(house: House) -> None:
    assert house.wallet.next_delivery_at() == house.clock.now_ms() + BATCH_DELAY_MS
    house.wallet.delivered(3)
    delivered_at = house.clock.now_ms()
    house.grant("g", 1)
    assert house.wallet.next_delivery_at() == delivered_at + PACE_MS
    house.clock.advance(PACE_MS - BATCH_DELAY_MS + 1)
    assert house.wallet.next_delivery_at() == house.clock.now_ms() + BATCH_DELAY_MS


def test_a_clock_set_back_holds_no_delivery_longer_than_one_turn(house: House) -> None:
    house.wallet.delivered(3)
    house.grant("g", 1)
    house.clock.set(house.clock.now_ms() - 10**9)
    assert house.wallet.next_delivery_at() == house.clock.now_ms() + PACE_MS


def test_a_sandbox_that_moves_its_clock_does_not_move_deliveries() -> None:
    house = House(sandbox=True).open()
    house.do("clock_advance", key="", advance_ms=10**9)
    assert house.wallet.next_delivery_at() == house.clock.now_ms() + BATCH_DELAY_MS


def test_a_burst_of_bets_sets_one_alarm_and_is_one_message(house: House) -> None:
    async def story() -> None:
        queue, alarm = NativeQueue(), CountingAlarm()
        delivery = Delivery(house.wallet, queue, EarliestAlarm(alarm, house.clock))
        session_id = house.session()
        for _ in range(10):
            house.play(session_id, 100)
            await delivery.arm()
        assert alarm.settings == 1
        assert not alarm.take_if_due(house.clock.now_ms())
        assert alarm.take_if_due(house.clock.advance(BATCH_DELAY_MS))
        await delivery.drain()
        assert told(queue) == list(range(1, 24))
        assert len(queue.waiting) == 1
        assert await alarm.get() is None
        house.play(session_id, 100)
        await delivery.arm()
        assert await alarm.get() is not None

    asyncio.run(story())


def test_a_refused_batch_is_kept_and_tried_again(house: House) -> None:
    async def story() -> None:
        queue, alarm = BrokenQueue(), CountingAlarm()
        delivery = Delivery(house.wallet, queue, EarliestAlarm(alarm, house.clock))
        await delivery.drain()
        assert await alarm.get() == house.clock.now_ms() + 1_000
        queue.is_broken = False
        await delivery.drain()
        assert told(queue.mended) == [1, 2, 3]
        assert house.wallet.next_delivery_at() is None

    asyncio.run(story())


def test_a_new_object_arms_for_what_an_old_one_left(house: House) -> None:
    async def story() -> None:
        alarm = NativeAlarm()
        await Delivery(house.woken(), NativeQueue(), EarliestAlarm(alarm, house.clock)).arm()
        assert await alarm.get() == house.clock.now_ms() + BATCH_DELAY_MS

    asyncio.run(story())


def test_events_that_come_during_a_delivery_are_not_forgotten(house: House) -> None:
    class Interrupted(NativeQueue):
        async def send_batch(self, messages: Sequence[str]) -> None:
            await super().send_batch(messages)
            if len(self.waiting) == 1:
                house.grant("meanwhile", 1)
                await delivery.arm()

    alarm = CountingAlarm()
    queue = Interrupted()
    delivery = Delivery(house.wallet, queue, EarliestAlarm(alarm, house.clock))
    asyncio.run(delivery.drain())
    assert told(queue) == [1, 2, 3, 4]
    assert alarm.settings == 0


def test_a_crash_between_queue_and_cursor_sends_again(house: House) -> None:
    queue = NativeQueue()

    class Crashing(NativeQueue):
        async def send_batch(self, messages: Sequence[str]) -> None:
            await queue.send_batch(messages)
            raise KeyboardInterrupt

    delivery = Delivery(house.wallet, Crashing(), EarliestAlarm(NativeAlarm(), house.clock))
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(delivery.drain())
    asyncio.run(Delivery(house.woken(), queue, EarliestAlarm(NativeAlarm(), house.clock)).drain())
    assert told(queue) == [1, 2, 3, 1, 2, 3]


def test_an_alarm_that_cannot_be_set_is_set_by_the_next_call(house: House) -> None:
    class Failing(NativeAlarm):
        fails = True

        async def set_at(self, at_ms: int) -> None:
            if self.fails:
                raise Unreachable("no")
            await super().set_at(at_ms)

    async def story() -> None:
        alarm = Failing()
        delivery = Delivery(house.wallet, NativeQueue(), EarliestAlarm(alarm, house.clock))
        with pytest.raises(Unreachable):
            await delivery.arm()
        alarm.fails = False
        await delivery.arm()
        assert await alarm.get() is not None

    asyncio.run(story())


def test_a_message_stays_within_what_the_consumer_can_store_at_once(house: House) -> None:
    for number in range(EVENTS_PER_MESSAGE):
        house.do("bonus_credit", grant_id=f"{number}", amount_minor=1, reason="é" * 500)
    queue = NativeQueue()
    asyncio.run(Delivery(house.wallet, queue, EarliestAlarm(NativeAlarm(), house.clock)).drain())
    assert told(queue) == list(range(1, EVENTS_PER_MESSAGE + 4))
    sizes = [len(message.encode()) for message in queue.waiting]
    assert max(sizes) <= MAX_MESSAGE_BYTES + 2
    assert sizes[0] > MAX_MESSAGE_BYTES // 2


def test_one_alarm_carries_a_bounded_number_of_messages(house: House) -> None:
    session_id = house.session()
    for _ in range(EVENTS_PER_MESSAGE * MESSAGES_PER_ALARM // 2):
        house.play(session_id, 100, payout=100)

    async def story() -> None:
        queue, alarm = NativeQueue(), CountingAlarm()
        delivery = Delivery(house.wallet, queue, EarliestAlarm(alarm, house.clock))
        await delivery.drain()
        assert len(queue.waiting) == MESSAGES_PER_ALARM
        assert alarm.settings == 1
        await delivery.drain()
        assert house.wallet.next_delivery_at() is None

    asyncio.run(story())
