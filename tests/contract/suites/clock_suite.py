"""What every `Clock` tells at request time."""

from contract.suites.expect import equal

from shared.platform.ports import Clock

YEAR_2026_MS = 1_767_225_600_000
YEAR_2100_MS = 4_102_444_800_000


def check_time_is_whole_milliseconds_of_this_century(clock: Clock) -> None:
    now_ms = clock.now_ms()
    equal(type(now_ms), int)
    assert YEAR_2026_MS < now_ms < YEAR_2100_MS, now_ms


def check_reading_the_clock_does_not_move_it(clock: Clock) -> None:
    first_ms = clock.now_ms()
    for _ in range(10_000):
        clock.now_ms()
    # Ten thousand readings take a fraction of a second; a clock that each of them moved, ten.
    assert clock.now_ms() - first_ms < 5_000, clock.now_ms() - first_ms


def check_time_does_not_run_backwards(clock: Clock) -> None:
    times = [clock.now_ms() for _ in range(1000)]
    equal(times, sorted(times))
