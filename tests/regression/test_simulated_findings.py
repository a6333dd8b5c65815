"""What the simulator found, each as the shortest story that shows it."""

from datetime import UTC, datetime

from unit.wallet.wallet_house import House

from shared.kernel.times import MINUTE_MS, SECOND_MS
from shared.platform.native.clock import ManualClock


def test_a_clock_set_back_after_a_session_was_opened_freezes_nothing() -> None:
    """Opening a session appends no event, so the wallet's time may run back behind it; the row of
    the session then said it was last played before it was opened, and its CHECK froze the wallet.
    """
    house = House().open().deposit(10_000)
    house.clock.advance(MINUTE_MS)
    session = house.session()
    house.clock.advance(-MINUTE_MS)
    assert house.play(session, 100).status == 201
    house.clock.advance(SECOND_MS)
    assert house.play(session, 100).status == 201
    assert house.is_proven()


def test_play_across_midnight_counts_on_a_monday_that_is_the_first_of_a_month() -> None:
    """Day, week and month begin together on 1 February 2027: the last bet before midnight was then
    outside of every window, and the minutes since were not counted as play.
    """
    before_midnight = datetime(2027, 2, 1, 2, 58, tzinfo=UTC)
    clock = ManualClock(int(before_midnight.timestamp()) * 1000)
    house = House(clock=clock).open(("time", "daily", 60)).deposit(10_000)
    session = house.session()
    house.play(session, 100)
    clock.advance(4 * MINUTE_MS)
    house.play(session, 100)
    limits = house.ask("protection").body["limits"]
    assert [(limit["kind"], limit["used"]) for limit in limits] == [("time", 4)]
