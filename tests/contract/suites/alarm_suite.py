"""What every `Alarm` remembers. Each check gets an object of its own; nothing rings within it."""

from contract.suites.expect import equal, refused

from shared.platform.ports import Alarm

FAR_MS = 4_102_444_800_000
"""2100-01-01, beyond any run of the checks."""


async def check_no_alarm_is_set_at_first(alarm: Alarm) -> None:
    equal(await alarm.get(), None)


async def check_an_alarm_is_set_for_the_millisecond(alarm: Alarm) -> None:
    await alarm.set_at(FAR_MS + 1)
    equal(await alarm.get(), FAR_MS + 1)


async def check_an_alarm_set_again_replaces_the_first(alarm: Alarm) -> None:
    await alarm.set_at(FAR_MS)
    await alarm.set_at(FAR_MS - 5)
    equal(await alarm.get(), FAR_MS - 5)


async def check_a_time_that_javascript_cannot_carry_is_refused(alarm: Alarm) -> None:
    with refused(OverflowError):
        await alarm.set_at(2**53)
    equal(await alarm.get(), None)
