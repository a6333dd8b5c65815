"""Bonus grants: credited under a name once, spent oldest first, restored exactly."""

from typing import Any

from unit.wallet.wallet_house import House


def balances(house: House) -> dict[str, Any]:
    return {
        str(name): left
        for name, left in house.sql.query("SELECT grant_id, balance_minor FROM grants")
    }


def test_a_grant_is_credited_once(house: House) -> None:
    house.grant("welcome-back", 500)
    again = house.do("bonus_credit", grant_id="welcome-back", amount_minor=500, reason="again")
    assert (again.status, again.code) == (409, "grant_exists")
    assert house.money == (10_000, 500, 0)
    assert house.is_proven()


def test_a_debit_takes_from_its_grant_and_never_more_than_it_holds(house: House) -> None:
    house.grant("a", 500).grant("b", 500)
    assert house.do("bonus_debit", grant_id="a", amount_minor=300, reason="expired").status == 200
    refused = house.do("bonus_debit", grant_id="a", amount_minor=300, reason="expired")
    assert (refused.status, refused.code) == (409, "insufficient_bonus")
    assert refused.body["balance"]["amount_minor"] == 200
    assert (
        house.do("bonus_debit", grant_id="c", amount_minor=1, reason="x").code == "grant_not_found"
    )
    assert balances(house) == {"a": 200, "b": 500}
    assert house.money == (10_000, 700, 0)


def test_a_stake_takes_cash_first_then_the_oldest_grant(house: House) -> None:
    house.grant("z-first", 300).grant("a-second", 300)
    house.play(house.session(), 10_400)
    assert house.money == (0, 200, 0)
    assert balances(house) == {"z-first": 0, "a-second": 200}
    bet = next(event for event in house.events if event["type"] == "BET")
    assert bet["data"]["grants"] == [["z-first", 300], ["a-second", 100]]
    assert (bet["cash_delta"], bet["bonus_delta"]) == (-10_000, -400)
    assert house.is_proven()


def test_a_win_follows_its_stake_and_the_odd_cent_is_cash() -> None:
    house = House().open().deposit(200).grant("g", 100)
    house.play(house.session(), 300, payout=100)
    assert house.money == (67, 33, 0)
    assert balances(house) == {"g": 33}
    assert house.is_proven()


def test_a_win_returns_to_the_grants_that_staked_it_in_proportion() -> None:
    house = House().open().grant("a", 100).grant("b", 200)
    house.play(house.session(), 300, payout=1_000)
    assert house.money == (0, 1_000, 0)
    assert balances(house) == {"a": 334, "b": 666}
    assert house.is_proven()


def test_a_cash_bet_touches_no_grant(house: House) -> None:
    house.grant("g", 500)
    house.play(house.session(), 1_000, payout=2_000)
    assert house.money == (11_000, 500, 0)
    assert balances(house) == {"g": 500}
