"""The one alarm of an object: whoever asks, the earliest time counts."""

import asyncio

import pytest

from shared.platform.native.alarm import NativeAlarm
from shared.platform.native.clock import ManualClock
from shared.platform.ports import Unreachable
from shared.wallet.earliest import EarliestAlarm

NOW = 1_000_000


class SlowAlarm(NativeAlarm):
    """Answers after everybody else had a turn; while it `fails` it takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: list[int] = []
        self.fails = False

    async def get(self) -> int | None:
        found = await super().get()
        await asyncio.sleep(0)
        return found

    async def set_at(self, at_ms: int) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise Unreachable("no storage")
        self.settings.append(at_ms)
        await super().set_at(at_ms)


@pytest.mark.parametrize("asked", [(NOW + 1_000, NOW + 600_000), (NOW + 600_000, NOW + 1_000)])
def test_of_two_who_ask_at_once_the_earlier_is_set(asked: tuple[int, int]) -> None:
    alarm = SlowAlarm()
    shared = EarliestAlarm(alarm, ManualClock(NOW))

    async def both() -> None:
        await asyncio.gather(*(shared.no_later_than(at_ms) for at_ms in asked))

    asyncio.run(both())
    assert asyncio.run(alarm.get()) == NOW + 1_000


def test_what_a_former_life_of_the_object_set_is_kept_when_it_is_earlier() -> None:
    alarm = SlowAlarm()
    asyncio.run(alarm.set_at(NOW + 500))
    shared = EarliestAlarm(alarm, ManualClock(NOW))
    asyncio.run(shared.no_later_than(NOW + 1_000))
    assert alarm.settings == [NOW + 500]
    asyncio.run(shared.no_later_than(NOW + 200))
    assert alarm.settings == [NOW + 500, NOW + 200]


def test_after_it_rang_it_is_set_again_and_when_it_should_have_at_once() -> None:
    alarm, clock = SlowAlarm(), ManualClock(NOW)
    shared = EarliestAlarm(alarm, clock)
    asyncio.run(shared.no_later_than(NOW + 1_000))
    asyncio.run(shared.no_later_than(NOW + 2_000))
    assert alarm.settings == [NOW + 1_000]
    shared.rung()
    asyncio.run(shared.no_later_than(NOW + 2_000))
    clock.advance(2_001)
    asyncio.run(shared.no_later_than(NOW + 9_000))
    assert alarm.settings == [NOW + 1_000, NOW + 2_000, clock.now_ms()]


def test_what_the_platform_did_not_take_is_asked_again() -> None:
    alarm = SlowAlarm()
    shared = EarliestAlarm(alarm, ManualClock(NOW))
    alarm.fails = True
    with pytest.raises(Unreachable):
        asyncio.run(shared.no_later_than(NOW + 1_000))
    alarm.fails = False
    asyncio.run(shared.no_later_than(NOW + 1_000))
    assert alarm.settings == [NOW + 1_000]
