"""Limits on calendar windows of São Paulo, judged at the worst outcome, inside the command."""

from datetime import UTC, datetime

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import HOUR_MS, MINUTE_MS, SAO_PAULO_OFFSET_MS, SECOND_MS, rfc3339
from shared.wallet.limits import window_ends_at


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def limited(kind: str, period: str, value: int) -> tuple[House, str]:
    house = House()
    house.clock.set(at("2026-11-18T12:00:00-03:00"))  # a Wednesday
    house.open((kind, period, value)).deposit(1_000_000)
    return house, house.session()


def at_time(house: House, text: str, stake_minor: int = 100) -> Reply:
    house.clock.set(at(text))
    return house.play(house.session(), stake_minor)


def test_a_wager_limit_is_reached_exactly_and_never_passed() -> None:
    house, session = limited("wager", "daily", 1_000)
    assert house.play(session, 600, payout=10_000).status == 201
    refused = house.play(session, 401)
    assert (refused.status, refused.code) == (403, "limit_wager")
    assert refused.body["limit"] == {"kind": "wager", "period": "daily", "value": 1_000}
    assert house.play(session, 400).status == 201


def test_a_loss_limit_takes_the_whole_stake_as_lost_and_counts_what_was_won() -> None:
    house, session = limited("loss", "daily", 1_000)
    assert house.play(session, 1_001).code == "limit_loss"
    assert house.play(session, 1_000, payout=1_500).status == 201
    assert house.play(session, 1_501).code == "limit_loss"
    assert house.play(session, 1_500).status == 201
    assert house.play(session, 100).code == "limit_loss"


def test_a_bet_count_limit_counts_bets() -> None:
    house, session = limited("bet_count", "daily", 2)
    assert house.play(session, 100).status == 201
    assert house.play(session, 100).status == 201
    assert house.play(session, 100).code == "limit_bet_count"


def test_play_time_is_the_sum_of_gaps_up_to_five_minutes() -> None:
    house, session = limited("time", "daily", 10)
    house.play(session, 100)
    for gap_ms, used in ((4 * MINUTE_MS, 4), (5 * MINUTE_MS, 9), (5 * MINUTE_MS + 1, 9)):
        house.clock.advance(gap_ms)
        assert house.play(session, 100).status == 201
        assert house.ask("protection").body["limits"][0]["used"] == used
    house.clock.advance(MINUTE_MS + 1)
    refused = house.play(session, 100)
    assert (refused.status, refused.code) == (403, "limit_time")


def test_counted_play_never_exceeds_a_time_limit() -> None:
    house, session = limited("time", "daily", 1)
    for _ in range(100):
        house.play(session, 100)
        house.clock.advance(3 * SECOND_MS)
    assert house.sql.query("SELECT play_ms FROM daily") == [(MINUTE_MS,)]


@pytest.mark.parametrize(
    ("period", "inside", "outside"),
    [
        ("daily", "2026-11-18T23:59:59.999-03:00", "2026-11-19T00:00:00-03:00"),
        ("weekly", "2026-11-22T23:59:59.999-03:00", "2026-11-23T00:00:00-03:00"),
        ("monthly", "2026-11-30T23:59:59.999-03:00", "2026-12-01T00:00:00-03:00"),
    ],
)
def test_a_window_ends_at_midnight_in_sao_paulo(period: str, inside: str, outside: str) -> None:
    house, session = limited("bet_count", period, 1)
    house.play(session, 100)
    refused = at_time(house, inside)
    assert refused.code == "limit_bet_count"
    assert refused.body["resets_at"] == rfc3339(at(outside))
    assert refused.body["retry_after"] == 1
    assert at_time(house, outside).status == 201


@pytest.mark.parametrize(
    ("offset_ms", "midnight"),
    [(0, "2027-05-11T00:00:00.000Z"), (HOUR_MS, "2027-05-10T23:00:00.000Z")],
)
def test_a_day_is_one_of_the_wallets_jurisdiction(offset_ms: int, midnight: str) -> None:
    house = House(day_offset_ms=offset_ms)
    house.clock.set(at(midnight) - 30 * MINUTE_MS)
    house.open(("bet_count", "daily", 1), ("deposit", "daily", 1_000)).deposit(1_000)
    session = house.session()
    assert house.play(session, 100).status == 201
    house.clock.advance(30 * MINUTE_MS - 1)
    for refused in (
        house.play(session, 100),
        house.do("deposit_request", amount_minor=1, method="pix"),
    ):
        assert (refused.status, refused.body["resets_at"]) == (403, midnight)
    shown = house.ask("protection").body
    assert shown["use"]["daily"]["resets_at"] == shown["limits"][0]["resets_at"] == midnight
    house.clock.advance(1)
    assert house.play(session, 100).status == 201
    assert house.ask("protection").body["use"]["daily"]["bets"] == 1
    assert house.is_proven()


def test_an_old_round_is_undone_on_the_wallets_own_day() -> None:
    house = House(day_offset_ms=0)
    house.clock.set(at("2027-05-10T23:30:00Z"))
    house.open().deposit(1_000).do("bet", round_id="r", game_id="g", amount_minor=100)
    house.clock.advance(HOUR_MS)
    house.do("bet", round_id="s", game_id="g", amount_minor=100)
    assert house.do("rollback", login="", round_id="r", reason="late").status == 200
    seen = house.sql.query("SELECT bets, wagered_minor FROM daily ORDER BY day")
    assert seen == [(0, 0), (1, 100)]
    assert house.is_proven()


def test_a_week_that_spans_two_months_is_one_week() -> None:
    house = House()
    house.clock.set(at("2026-09-30T12:00:00-03:00"))  # Wednesday
    house.open(("bet_count", "weekly", 1), ("bet_count", "monthly", 5)).deposit(10_000)
    house.play(house.session(), 100)
    assert at_time(house, "2026-10-02T12:00:00-03:00").code == "limit_bet_count"
    assert at_time(house, "2026-10-05T12:00:00-03:00").status == 201


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-12-31T23:00:00-03:00", "2027-01-01T00:00:00-03:00"),
        ("2028-02-29T12:00:00-03:00", "2028-03-01T00:00:00-03:00"),
        ("2027-02-01T00:00:00-03:00", "2027-03-01T00:00:00-03:00"),
    ],
)
def test_months_end_where_the_calendar_says(moment: str, ends: str) -> None:
    assert window_ends_at("monthly", at(moment), SAO_PAULO_OFFSET_MS) == at(ends)


def test_the_shortest_window_is_named_first_and_the_strictest_limit_holds() -> None:
    house = House().open(("wager", "monthly", 100), ("wager", "daily", 100)).deposit(1_000)
    assert house.play(house.session(), 101).body["limit"]["period"] == "daily"


def test_a_warning_comes_from_ninety_per_cent_on() -> None:
    house, session = limited("wager", "daily", 1_000)
    assert house.play(session, 899).body["warnings"] == []
    assert house.play(session, 100).body["warnings"] == [
        {"kind": "wager", "period": "daily", "used": 999, "value": 1_000}
    ]


def test_a_warning_of_loss_counts_the_win_of_the_round_itself() -> None:
    house, session = limited("loss", "daily", 1_000)
    assert house.play(session, 1_000, payout=200).body["warnings"] == []


def test_deposit_limits_are_no_concern_of_a_round() -> None:
    house = House().open(("deposit", "daily", 1_000)).deposit(1_000)
    assert house.play(house.session(), 100).body["warnings"] == []


def test_the_protection_panel_shows_every_limit_with_its_use() -> None:
    house = House().open(("loss", "daily", 900), ("deposit", "weekly", 5_000)).deposit(1_000)
    house.play(house.session(), 300, payout=100)
    told = house.ask("protection").body["limits"]
    shown = [
        (one["kind"], one["period"], one["value"], one["used"], one["remaining"]) for one in told
    ]
    assert shown == [("deposit", "weekly", 5_000, 1_000, 4_000), ("loss", "daily", 900, 200, 700)]
