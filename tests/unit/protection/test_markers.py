"""Each marker holds at its threshold and not just below it."""

import pytest
from unit.protection.streams_of_play import (
    NOON,
    TODAY,
    Play,
    by_day,
    days_ago,
    person,
    reading_of,
)

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.protection.markers import View, read_all
from shared.protection.model import Day
from shared.protection.policy import POLICIES, TITLES
from shared.protection.state import State

OLD_PLAYER = State(first_bet_at=NOON - 200 * DAY_MS)


def chases(count: int, minutes: int = 15, left: int = 49) -> Play:
    """Deposits of R$ 10, each `minutes` after play left `left` centavos of the one before."""
    play = Play().deposit(1_000)
    for _ in range(count):
        play.round(play.cash_minor - left).wait(minutes * MINUTE_MS - 1)
        play.deposit(1_000)
    return play


def test_m01_three_deposits_within_fifteen_minutes_of_an_empty_balance() -> None:
    reading = chases(3).reading("RG-M01")
    assert reading.holds
    assert reading.values == {"observed": 3, "threshold": 3}
    assert not chases(2).reading("RG-M01").holds


def test_m01_a_deposit_after_more_than_fifteen_minutes_or_on_five_per_cent_is_no_chase() -> None:
    assert Play().deposit(1_000).round(951).wait(15 * MINUTE_MS).deposit(1).day().chases == 0
    late = Play().deposit(1_000).round(951).wait(15 * MINUTE_MS - 1).deposit(1)
    assert late.day().chases == 1
    assert Play().deposit(1_000).round(950).deposit(1).day().chases == 0


def test_m01_money_that_was_taken_out_was_not_lost() -> None:
    play = Play().deposit(1_000).round(500)
    assert play.add("WITHDRAWAL_HELD", 490, -490).deposit(1_000).day().chases == 0


def test_m01_a_win_that_fills_the_balance_again_is_no_reason_to_chase() -> None:
    assert Play().deposit(1_000).round(1_000, 3_000).deposit(1_000).day().chases == 0


def test_m01_a_stake_of_twice_the_own_median_after_five_lost_rounds() -> None:
    def raised(lost: int, stake: int) -> int:
        play = Play().deposit(100_000).rounds_of(20, 200, 200)
        return play.rounds_of(lost, 200).round(stake).day().chases

    assert raised(5, 400) == 1
    assert raised(4, 400) == 0
    assert raised(5, 390) == 0


def test_m01_a_player_without_a_usual_stake_raises_nothing() -> None:
    play = Play().deposit(100_000).rounds_of(10, 200, 200).rounds_of(5, 200)
    assert play.round(2_000).day().chases == 0


def test_m01_one_losing_run_counts_once() -> None:
    play = Play().deposit(100_000).rounds_of(20, 200, 200).rounds_of(5, 200)
    assert play.rounds_of(4, 400).day().chases == 1


def staked(ago: int, bets: int, mean_minor: int) -> Day:
    return days_ago(ago, bets=bets, staked_minor=bets * mean_minor)


@pytest.mark.parametrize(
    ("now", "before", "holds"),
    [
        ((50, 400), (50, 200), True),
        ((50, 399), (50, 200), False),
        ((500, 400), (50, 200), True),
    ],
)
def test_m02_a_mean_stake_of_twice_that_of_the_four_weeks_before(
    now: tuple[int, int], before: tuple[int, int], holds: bool
) -> None:
    days = by_day(staked(6, *now), staked(7, *before))
    assert reading_of("RG-M02", days, OLD_PLAYER).holds is holds


@pytest.mark.parametrize(("now", "before"), [(49, 50), (50, 49)])
def test_m02_is_not_computed_from_fewer_than_fifty_bets(now: int, before: int) -> None:
    days = by_day(staked(0, now, 900), staked(7, before, 100))
    reading = reading_of("RG-M02", days, OLD_PLAYER)
    assert (reading.holds, reading.missing) == (False, "too_few_bets")


@pytest.mark.parametrize(
    ("loss", "before", "holds"),
    [
        (20_000, 40_000, True),
        (20_000, 40_004, False),
        (19_999, 0, False),
        (20_000, -90_000, True),
    ],
)
def test_m03_a_weeks_loss_of_twice_the_weekly_mean_and_at_least_200_reais(
    loss: int, before: int, holds: bool
) -> None:
    days = by_day(days_ago(0, bets=1, loss_minor=loss), days_ago(20, bets=1, loss_minor=before))
    assert reading_of("RG-M03", days, OLD_PLAYER).holds is holds


def test_m03_is_not_computed_without_play_before() -> None:
    reading = reading_of("RG-M03", by_day(days_ago(0, bets=1, loss_minor=90_000)), OLD_PLAYER)
    assert reading.missing == "no_play_before"


def test_m04_three_deposits_in_an_hour_or_five_in_a_day() -> None:
    def deposits(count: int, every_ms: int) -> bool:
        play = Play(NOON - 8 * HOUR_MS)
        for _ in range(count):
            play.deposit(100).wait(every_ms - 1)
        return play.reading("RG-M04").holds

    assert deposits(3, HOUR_MS // 2 - 1)
    assert not deposits(3, HOUR_MS // 2)
    assert deposits(5, 6 * HOUR_MS - 1)
    assert not deposits(5, 6 * HOUR_MS)
    assert not deposits(4, 2 * HOUR_MS)


@pytest.mark.parametrize(
    ("hours_ago", "holds"), [((0, 10, 23), True), ((0, 10), False), ((0, 10, 24), False)]
)
def test_m05_three_failed_deposits_in_24_hours(hours_ago: tuple[int, ...], holds: bool) -> None:
    times = tuple(NOON - ago * HOUR_MS for ago in hours_ago)
    reading = reading_of("RG-M05", {}, State(), failed_deposits=times)
    assert reading.holds is holds
    assert reading.evidence_at == (NOON if holds else None)


def test_m06_two_withdrawals_taken_back_by_the_player_in_seven_days() -> None:
    def taken_back(*reasons: str) -> bool:
        play = Play()
        for reason in reasons:
            play.add("WITHDRAWAL_RELEASED", 100, 100, facts={"reason": reason}).wait(DAY_MS)
        return play.reading("RG-M06").holds

    assert taken_back("taken_back", "taken_back")
    assert not taken_back("taken_back")
    assert not taken_back("taken_back", "the bank refused")


def test_m07_three_nights_of_an_hour() -> None:
    def nights(count: int, minutes: int) -> bool:
        play = Play(NOON - 12 * HOUR_MS).deposit(100_000)
        for night in range(count):
            play.at_ms = NOON - 12 * HOUR_MS + night * DAY_MS
            play.rounds_of(minutes // 5 + 1, 100, every_ms=5 * MINUTE_MS - 2)
        return play.reading("RG-M07").holds

    assert nights(3, 65)
    assert not nights(2, 65)
    assert not nights(3, 55)


def test_m07_play_from_five_in_the_morning_is_no_night_play() -> None:
    play = Play(NOON - 7 * HOUR_MS).rounds_of(20, 100, every_ms=5 * MINUTE_MS - 2)
    assert play.day().night_ms == 0
    assert play.day().play_ms > 90 * MINUTE_MS


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"longest_ms": 3 * HOUR_MS}, True),
        ({"longest_ms": 3 * HOUR_MS - 1}, False),
        ({"play_ms": 5 * HOUR_MS}, True),
        ({"play_ms": 5 * HOUR_MS - 1}, False),
    ],
)
def test_m08_three_hours_on_end_or_five_in_a_day(facts: dict[str, int], holds: bool) -> None:
    assert reading_of("RG-M08", by_day(days_ago(3, **facts)), State()).holds is holds


def test_m08_a_session_goes_on_over_half_an_hour_and_no_longer() -> None:
    on_end = Play().rounds_of(7, 100, every_ms=30 * MINUTE_MS - 2)
    assert on_end.reading("RG-M08").values["longest_minutes"] == 180
    broken = Play().rounds_of(3, 100, every_ms=30 * MINUTE_MS)
    assert broken.day().longest_ms == 0


def played(*ago: int) -> dict[int, Day]:
    return by_day(*(days_ago(days, bets=1) for days in ago))


def test_m09_six_of_seven_days() -> None:
    assert reading_of("RG-M09", played(0, 1, 2, 3, 4, 6), State()).holds
    assert not reading_of("RG-M09", played(0, 1, 2, 3, 4, 7), State()).holds


def test_m09_three_days_more_than_in_a_mean_week_before() -> None:
    before = (7, 14, 21, 28)
    assert reading_of("RG-M09", played(0, 1, 2, 3, *before), OLD_PLAYER).holds
    assert not reading_of("RG-M09", played(0, 1, 2, 3, *before, 29), OLD_PLAYER).holds
    newcomer = State(first_bet_at=NOON - 34 * DAY_MS)
    assert not reading_of("RG-M09", played(0, 1, 2, 3, *before), newcomer).holds


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ((days_ago(29, loosened=1), days_ago(0, loosened=1)), True),
        ((days_ago(30, loosened=1), days_ago(0, loosened=1)), False),
        ((days_ago(6, reached=1), days_ago(5, reached=2)), True),
        ((days_ago(6, reached=1), days_ago(5, reached=1)), False),
        ((days_ago(7, reached=1), days_ago(5, reached=2)), False),
    ],
)
def test_m10_two_requests_to_loosen_a_limit_or_three_limits_reached(
    days: tuple[Day, ...], holds: bool
) -> None:
    assert reading_of("RG-M10", by_day(*days), State()).holds is holds


def test_m10_a_limit_is_reached_at_nine_tenths_and_once_in_its_period() -> None:
    limit = {"kind": "wager", "period": "daily", "value": 1_000}
    play = Play().add("LIMIT_CHANGED", facts=limit).deposit(10_000).round(899)
    assert play.day().reached == 0
    assert play.round(1).round(50).day().reached == 1
    assert play.wait(DAY_MS).round(900).day().reached == 1


def test_m10_the_limit_of_the_house_says_nothing_about_the_player() -> None:
    limit = {"kind": "wager", "period": "daily", "value": 1_000, "source": "operator"}
    play = Play().add("LIMIT_CHANGED", facts=limit).deposit(10_000).round(1_000)
    assert play.day().reached == 0
    assert play.folded().state.house_limits == {"wager.daily": 1_000}


def test_m11_play_within_ninety_days_of_the_end_of_an_exclusion() -> None:
    def returns(days_after: int) -> bool:
        until = NOON + 30 * DAY_MS
        play = Play().add("EXCLUDED", facts={"until": until, "source": "player"})
        play.at_ms = until + days_after * DAY_MS
        return play.round(100).reading("RG-M11").holds

    assert returns(0)
    assert returns(90)
    assert not returns(91)


@pytest.mark.parametrize(("ago", "holds"), [((59, 0), True), ((60, 0), False), ((0,), False)])
def test_m11_two_pauses_in_sixty_days(ago: tuple[int, ...], holds: bool) -> None:
    days = by_day(*(days_ago(days, paused=1) for days in ago))
    assert reading_of("RG-M11", days, State()).holds is holds


def test_m11_a_pause_or_exclusion_by_the_house_is_no_evidence() -> None:
    play = Play()
    for source in ("harm", "operator"):
        play.add("PAUSED", facts={"until": NOON + DAY_MS, "source": source})
        play.add("EXCLUDED", facts={"until": NOON + DAY_MS, "source": source})
    assert play.day().paused == 0
    assert play.folded().state.excluded_until == 0


@pytest.mark.parametrize(("loss", "holds"), [(20_001, True), (20_000, False)])
def test_m12_a_months_loss_above_a_fifth_of_the_declared_income(loss: int, holds: bool) -> None:
    days = by_day(days_ago(29, bets=1, loss_minor=loss), days_ago(30, bets=1, loss_minor=90_000))
    assert reading_of("RG-M12", days, State(), income_minor=100_000).holds is holds


def test_m12_is_not_computed_without_a_declared_income() -> None:
    reading = reading_of("RG-M12", by_day(days_ago(0, loss_minor=90_000)), State())
    assert reading.missing == "no_declared_income"


def pace(*peaks: int) -> dict[int, Day]:
    """Twenty usual hours of 100 bets each, and the busiest hours of the last three days."""
    usual = [days_ago(ago, hours=dict.fromkeys(range(2), 100)) for ago in range(3, 13)]
    recent = [days_ago(ago, hours={12: peak}) for ago, peak in enumerate(peaks)]
    return by_day(*usual, *recent)


def test_m13_three_days_with_an_hour_above_the_own_95th_percentile() -> None:
    assert reading_of("RG-M13", pace(101, 101, 101), State()).holds
    assert not reading_of("RG-M13", pace(101, 101, 100), State()).holds
    assert not reading_of("RG-M13", pace(101, 101), State()).holds


def test_m13_is_not_computed_from_fewer_than_twenty_hours() -> None:
    days = {day: facts for day, facts in pace(101, 101, 101).items() if day > TODAY - 12}
    assert reading_of("RG-M13", days, State()).missing == "too_few_hours_of_play"


def test_m13_five_games_in_an_hour() -> None:
    def games(count: int) -> bool:
        play = Play()
        for number in range(count):
            play.round(100, game_id=f"game-{number}").wait(MINUTE_MS)
        return play.reading("RG-M13").holds

    assert games(5)
    assert not games(4)


def test_m14_a_contact_of_the_last_fourteen_days() -> None:
    recent, old = NOON - 14 * DAY_MS + 1, NOON - 14 * DAY_MS
    assert reading_of("RG-M14", {}, State(), contacts=(recent,)).holds
    assert not reading_of("RG-M14", {}, State(), contacts=(old,)).holds


def test_every_marker_has_points_a_title_and_a_reading() -> None:
    view = View(NOON, {}, State(), person(), POLICIES[-1].thresholds)
    names = [reading.marker for reading in read_all(view)]
    assert names == list(TITLES) == list(POLICIES[-1].points)
    assert not any(reading.holds for reading in read_all(view))


def test_a_reading_rests_on_its_latest_fact_and_not_on_the_day_of_the_look() -> None:
    days = by_day(days_ago(5, chases=3), days_ago(1, bets=1))
    assert reading_of("RG-M01", days, State()).evidence_at == NOON - 5 * DAY_MS
