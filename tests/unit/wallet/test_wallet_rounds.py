"""Rounds decided elsewhere: bet, win, and the rollback of any round in whatever order they come."""

import pytest
from unit.wallet.wallet_house import LOGIN, House, Reply

from shared.kernel.times import DAY_MS
from shared.wallet import tables
from shared.wallet.model import Limit


def bet(house: House, amount_minor: int = 1_000, round_id: str = "r1") -> Reply:
    return house.do("bet", round_id=round_id, game_id="slot", amount_minor=amount_minor)


def win(house: House, amount_minor: int, round_id: str = "r1") -> Reply:
    return house.do("win", login="", round_id=round_id, amount_minor=amount_minor)


def rollback(house: House, round_id: str = "r1") -> Reply:
    return house.do("rollback", login="", round_id=round_id, reason="cancelled")


def test_a_bet_and_its_win_move_the_money_and_close_the_round(house: House) -> None:
    placed = bet(house)
    assert (placed.status, placed.body["cash_minor"]) == (200, 9_000)
    paid = win(house, 2_500)
    assert (paid.status, paid.body["cash_minor"]) == (200, 11_500)
    assert house.ask("round", round_id="r1").body["status"] == "settled"
    assert house.is_proven()


def test_a_round_takes_one_bet(house: House) -> None:
    bet(house)
    assert bet(house).code == "round_open"
    win(house, 0)
    assert bet(house).code == "round_closed"


def test_a_win_of_nothing_closes_the_round(house: House) -> None:
    bet(house)
    assert win(house, 0).status == 200
    second = win(house, 5)
    assert (second.status, second.code) == (409, "round_closed")
    assert house.money == (9_000, 0, 0)


def test_a_win_without_a_bet_is_refused_and_may_come_again(house: House) -> None:
    early = win(house, 100)
    assert (early.status, early.code) == (404, "round_not_found")
    bet(house)
    assert win(house, 100).status == 200


def test_a_win_is_paid_days_later_to_a_player_whose_session_is_over(house: House) -> None:
    bet(house)
    house.do("session_revoke", key="", login="", session_id=LOGIN)
    house.clock.advance(40 * DAY_MS)
    paid = house.do("win", login=LOGIN, round_id="r1", amount_minor=2_000)
    assert paid.status == 200
    assert house.is_proven()


def test_rolling_a_bet_back_restores_money_grants_and_usage_exactly() -> None:
    house = House().open(("wager", "daily", 100_000)).deposit(1_000).grant("a", 50).grant("b", 80)
    before = {name: rows for name, rows in house.tables().items() if name in ("grants", "limits")}
    money = house.money
    bet(house, 1_100)
    assert rollback(house).status == 200
    after = {name: rows for name, rows in house.tables().items() if name in ("grants", "limits")}
    assert after == before
    assert house.money == money
    assert house.ask("protection").body["limits"][0]["used"] == 0
    assert house.is_proven()


def test_a_rollback_names_the_event_that_it_undoes(house: House) -> None:
    bet(house)
    win(house, 300)
    rollback(house)
    placed, paid, refund, returned = house.events[-4:]
    assert refund["causation_id"] == placed["event_id"]
    assert returned["causation_id"] == paid["event_id"]
    assert (refund["cash_delta"], returned["cash_delta"]) == (1_000, -300)


def test_a_rollback_after_the_win_takes_the_win_back_too(house: House) -> None:
    bet(house)
    win(house, 5_000)
    back = rollback(house)
    assert (back.status, back.body["cash_minor"]) == (200, 10_000)
    assert house.ask("round", round_id="r1").body["status"] == "rolled_back"
    assert house.is_proven()


def test_a_rollback_takes_a_bonus_win_back_from_the_grants_that_got_it() -> None:
    house = House().open().deposit(50).grant("a", 100).grant("b", 100)
    before = house.sql.query("SELECT grant_id, balance_minor FROM grants")
    bet(house, 200)
    win(house, 777)
    assert rollback(house).status == 200
    assert house.sql.query("SELECT grant_id, balance_minor FROM grants") == before
    assert house.money == (50, 200, 0)
    assert house.is_proven()


def test_a_rollback_refuses_rather_than_leave_less_than_nothing(house: House) -> None:
    bet(house)
    win(house, 5_000)
    house.do("withdrawal_hold", amount_minor=13_000, payment_account_id="a")
    before = house.tables()
    refused = rollback(house)
    assert (refused.status, refused.code) == (409, "rollback_exceeds_balance")
    assert house.tables() == before


def test_a_rollback_refuses_when_the_grant_that_won_was_taken_back() -> None:
    house = House().open().grant("a", 100).grant("b", 100)
    bet(house, 100)
    win(house, 1_000)
    house.do("bonus_debit", grant_id="a", amount_minor=950, reason="expired")
    assert rollback(house).code == "rollback_exceeds_balance"
    assert house.is_proven()


def test_a_second_rollback_gets_the_answer_of_the_first(house: House) -> None:
    bet(house)
    first = rollback(house)
    house.deposit(777)
    second = rollback(house)
    assert second.body == first.body
    assert second.status == 200
    assert not second.replayed


def test_a_rollback_before_its_bet_leaves_a_tombstone(house: House) -> None:
    early = rollback(house)
    assert (early.status, early.body["cash_minor"]) == (200, 10_000)
    late = bet(house)
    assert (late.status, late.code) == (409, "round_rolled_back")
    assert win(house, 100).code == "round_rolled_back"
    assert rollback(house).body == early.body
    assert house.money == (10_000, 0, 0)
    assert house.is_proven()


def test_a_tombstone_is_no_round_that_a_player_sees(house: House) -> None:
    rollback(house)
    assert house.ask("round", round_id="r1").code == "round_not_found"
    assert house.ask("rounds").body["items"] == []


def test_a_round_of_the_house_can_be_rolled_back_too(house: House) -> None:
    played = house.play(house.session(), 1_000, payout=3_000).body
    assert rollback(house, played["round_id"]).body["cash_minor"] == 10_000
    assert house.is_proven()


@pytest.mark.parametrize("days_between", [0, 1])
def test_usage_is_taken_back_from_the_days_that_it_was_counted_on(
    house: House, days_between: int
) -> None:
    bet(house)
    house.clock.advance(days_between * DAY_MS)
    win(house, 2_000)
    house.clock.advance(DAY_MS)
    rollback(house)
    for wagered, won, bets in house.sql.query("SELECT wagered_minor, won_minor, bets FROM daily"):
        assert (wagered, won, bets) == (0, 0, 0)
    assert house.is_proven()


def test_a_refund_and_a_win_pass_every_limit(house: House) -> None:
    bet(house)
    bet(house, round_id="r2")
    for kind in ("time", "bet_count", "wager", "loss"):
        tables.put(house.sql, Limit(kind, "daily", 0))
    assert bet(house, round_id="r3").status == 403
    assert win(house, 10).status == 200
    assert rollback(house, "r2").status == 200
