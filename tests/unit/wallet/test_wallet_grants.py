"""Bonus terms: when a bonus may come, what wagers it, and what becomes of it."""

from typing import Any

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import DAY_MS, HOUR_MS


def grant(house: House, grant_id: str) -> dict[str, Any]:
    grants = house.ask("state_at").body["grants"]
    return next(found for found in grants if found["grant_id"] == grant_id)


def bet(house: House, amount_minor: int, round_id: str = "r", game_id: str = "slot") -> Reply:
    return house.do("bet", round_id=round_id, game_id=game_id, amount_minor=amount_minor)


def win(house: House, amount_minor: int, round_id: str = "r") -> Reply:
    return house.do("win", login="", round_id=round_id, amount_minor=amount_minor)


def rollback(house: House, round_id: str = "r", **how: object) -> Reply:
    return house.do("rollback", login="", round_id=round_id, reason="cancelled", **how)  # type: ignore[arg-type]


def forfeit(house: House, grant_id: str = "g") -> Reply:
    return house.do("bonus_forfeit", login="", grant_id=grant_id, reason="asked")


# When a bonus may come


def test_in_brazil_a_bonus_comes_only_after_a_bet_with_cash() -> None:
    house = House(jurisdiction="br").open()
    gift: dict[str, Any] = {"grant_id": "g", "amount_minor": 500, "reason": "hello"}
    early = house.do("bonus_credit", **gift)
    assert (early.status, early.code) == (403, "bonus_before_first_bet")
    house.deposit(1_000)
    assert house.do("bonus_credit", **gift).code == "bonus_before_first_bet"
    bet(house, 100)
    assert house.do("bonus_credit", **gift).status == 200
    assert house.is_proven()


def test_in_brazil_a_bet_that_was_rolled_back_is_no_first_bet() -> None:
    house = House(jurisdiction="br").open().deposit(1_000)
    bet(house, 100)
    rollback(house)
    refused = house.do("bonus_credit", grant_id="g", amount_minor=5, reason="hello")
    assert refused.code == "bonus_before_first_bet"


@pytest.mark.parametrize("jurisdiction", ["uk", "gli", "zz"])
def test_elsewhere_a_bonus_may_come_first(jurisdiction: str) -> None:
    assert House(jurisdiction=jurisdiction).open().grant("g", 500).money == (0, 500, 0)


def test_a_bonus_whose_time_is_over_cannot_be_given(house: House) -> None:
    late = house.do(
        "bonus_credit",
        grant_id="g",
        amount_minor=5,
        reason="late",
        terms={"expires_at_ms": house.clock.now_ms()},
    )
    assert (late.status, late.code) == (409, "grant_closed")


@pytest.mark.parametrize(
    "terms",
    [
        {"wagering_multiplier": 101},
        {"wagering_multiplier": 0},
        {"wagering_multiplier": 1.5},
        {"contributions": {"slot": 10_001}},
        {"contributions": {"slot": -1}},
        {"contributions": {"a b": 1}},
        {"contributions": {f"g{n}": 1 for n in range(201)}},
        {"max_stake_minor": 0},
        {"expires_at_ms": 10**15},
        {"on_withdrawal": "ask"},
        {"colour": "red"},
        [],
    ],
)
def test_terms_that_make_no_sense_are_refused(house: House, terms: object) -> None:
    answer = house.do("bonus_credit", grant_id="g", amount_minor=5, reason="x", terms=terms)
    assert (answer.status, answer.code) == (422, "invalid_payload")


# In which order it is staked


def test_cash_goes_first_unless_the_jurisdiction_says_otherwise() -> None:
    for jurisdiction, left in (("uk", (0, 400, 0)), ("gli", (400, 0, 0))):
        house = House(jurisdiction=jurisdiction).open().deposit(1_000).grant("g", 600)
        assert bet(house, 1_200).status == 200
        assert house.money == left
        assert rollback(house).status == 200
        assert house.money == (1_000, 600, 0)
        assert house.is_proven()


def test_where_bonus_goes_first_cash_is_kept_while_bonus_lasts() -> None:
    house = House(jurisdiction="gli").open().deposit(1_000).grant("g", 600)
    bet(house, 500)
    assert house.money == (1_000, 100, 0)


# Wagering


def test_stakes_of_cash_and_bonus_count_until_what_is_left_becomes_cash(house: House) -> None:
    house.grant("g", 1_000, wagering_multiplier=3)
    assert grant(house, "g")["required_minor"] == 3_000
    session_id = house.session()
    house.play(session_id, 2_000, payout=2_000)
    assert grant(house, "g")["wagered_minor"] == 2_000
    assert house.money == (10_000, 1_000, 0)
    house.play(session_id, 2_000, payout=2_000)
    assert house.money == (11_000, 0, 0)
    assert (grant(house, "g")["status"], grant(house, "g")["wagered_minor"]) == ("converted", 3_000)
    assert house.types[-1] == "BONUS_CONVERTED"
    assert house.is_proven()


def test_a_game_counts_by_its_weight(house: House) -> None:
    weights = {"dice": 1_000, "slot": 0}
    house.grant("g", 100, wagering_multiplier=10, contributions=weights)
    house.play(house.session(), 1_005)
    assert grant(house, "g")["wagered_minor"] == 100
    bet(house, 500, "r1")
    assert grant(house, "g")["wagered_minor"] == 100
    bet(house, 500, "r2", game_id="other")
    assert grant(house, "g")["wagered_minor"] == 600


def test_one_stake_counts_for_the_oldest_open_grant_only(house: House) -> None:
    house.grant("plain", 100).grant("a", 100, wagering_multiplier=2)
    house.grant("b", 100, wagering_multiplier=2)
    bet(house, 500)
    assert [grant(house, name)["wagered_minor"] for name in ("plain", "a", "b")] == [0, 200, 0]


def test_a_bonus_without_requirement_is_played_and_never_becomes_cash(house: House) -> None:
    house.grant("g", 100)
    house.play(house.session(), 5_000, payout=5_000)
    assert house.money == (10_000, 100, 0)


def test_a_requirement_that_is_met_converts_when_a_round_settles_not_before(house: House) -> None:
    house.grant("g", 100, wagering_multiplier=1)
    bet(house, 500)
    assert house.money == (9_500, 100, 0)
    win(house, 0)
    assert house.money == (9_600, 0, 0)
    assert house.is_proven()


def test_undoing_a_round_converts_nothing() -> None:
    house = House().open().deposit(500).grant("g", 1_000, wagering_multiplier=1)
    bet(house, 1_000, "meets-it")
    bet(house, 100, "undone")
    assert grant(house, "g")["wagered_minor"] == 1_000
    rollback(house, "undone")
    assert (house.money, grant(house, "g")["status"]) == ((0, 500, 0), "active")
    win(house, 0, "meets-it")
    assert (house.money, grant(house, "g")["status"]) == ((500, 0, 0), "converted")
    assert house.is_proven()


def test_a_bet_and_its_rollback_restore_money_grants_and_wagering() -> None:
    house = House().open(("wager", "daily", 10**6)).deposit(300)
    house.grant("a", 200, wagering_multiplier=1).grant("b", 200, wagering_multiplier=9)
    before = {name: rows for name, rows in house.tables().items() if name in ("grants", "limits")}
    money = house.money
    bet(house, 650)
    assert grant(house, "a")["wagered_minor"] == 200
    assert rollback(house).status == 200
    after = {name: rows for name, rows in house.tables().items() if name in ("grants", "limits")}
    assert (after, house.money) == (before, money)
    assert house.is_proven()


def test_no_stake_is_above_the_grants_highest_while_it_holds_money(house: House) -> None:
    house.grant("g", 100, wagering_multiplier=5, max_stake_minor=500)
    refused = bet(house, 501)
    assert (refused.status, refused.code) == (409, "stake_above_max")
    assert bet(house, 500).status == 200
    forfeit(house)
    assert bet(house, 501, "r2").status == 200


# Its end


def test_a_grant_past_its_time_funds_nothing_and_is_closed_by_the_next_bet() -> None:
    house = House().open().deposit(100)
    house.grant("g", 500, expires_at_ms=house.clock.now_ms() + HOUR_MS)
    house.clock.advance(HOUR_MS)
    assert bet(house, 101).code == "insufficient_funds"
    assert house.money == (100, 500, 0)
    assert bet(house, 100).status == 200
    assert house.money == (0, 0, 0)
    assert grant(house, "g")["status"] == "expired"
    assert [event["data"].get("cause") for event in house.events[-2:]] == ["expired", None]
    assert house.is_proven()


def test_the_house_closes_what_is_past_its_time(house: House) -> None:
    house.grant("g", 500, expires_at_ms=house.clock.now_ms() + DAY_MS).grant("h", 50)
    assert house.do("bonus_expire", key="").body["expired"] == []
    house.clock.advance(DAY_MS)
    swept = house.do("bonus_expire", key="").body
    assert (swept["expired"], swept["bonus_minor"]) == (["g"], 50)
    assert house.is_proven()


def test_a_requirement_met_in_time_converts_after_the_time() -> None:
    house = House().open().deposit(500)
    house.grant("g", 100, wagering_multiplier=1, expires_at_ms=house.clock.now_ms() + HOUR_MS)
    bet(house, 200)
    house.clock.advance(HOUR_MS)
    win(house, 0)
    assert house.money == (400, 0, 0)
    assert grant(house, "g")["status"] == "converted"


def test_a_forfeited_grant_is_closed_once(house: House) -> None:
    house.grant("g", 500)
    assert forfeit(house).body["bonus_minor"] == 0
    assert forfeit(house).code == "grant_closed"
    assert forfeit(house, "none").code == "grant_not_found"
    assert house.do("bonus_debit", grant_id="g", amount_minor=1, reason="x").code == "grant_closed"
    assert house.is_proven()


@pytest.mark.parametrize(("policy", "left"), [("keep", 500), ("forfeit", 0)])
def test_a_withdrawal_forfeits_the_grants_that_say_so(house: House, policy: str, left: int) -> None:
    house.grant("g", 500, on_withdrawal=policy)
    house.do("withdrawal_hold", amount_minor=100, payment_account_id="a")
    assert house.money == (9_900, left, 100)
    assert house.is_proven()


def test_a_withdrawal_forfeits_a_grant_whose_money_is_all_staked() -> None:
    house = House().open().deposit(1_000)
    house.grant("g", 500, on_withdrawal="forfeit", wagering_multiplier=2)
    bet(house, 1_500, "open")
    house.deposit(300)
    house.do("withdrawal_hold", amount_minor=300, payment_account_id="a")
    assert grant(house, "g")["status"] == "forfeited"
    win(house, 3_000, "open")
    assert house.money == (2_000, 0, 300), "a third of the stake was the house's"
    assert house.is_proven()


# What still comes back to a closed grant


def staked_from_bonus() -> House:
    """R$ 5.00 of bonus in an open round, R$ 5.00 left in the grant."""
    house = House().open().grant("g", 1_000, wagering_multiplier=50)
    bet(house, 500)
    return house


@pytest.mark.parametrize("comes_back", ["win", "refund"])
def test_what_comes_back_to_a_forfeited_grant_is_the_houses(comes_back: str) -> None:
    house = staked_from_bonus()
    forfeit(house)
    answer = win(house, 900) if comes_back == "win" else rollback(house)
    assert answer.status == 200
    assert house.money == (0, 0, 0)
    assert house.types[-1] == "BONUS_FORFEITED"
    assert house.is_proven()


def test_a_late_win_of_a_grant_past_its_time_is_the_houses() -> None:
    house = House().open()
    house.grant("g", 1_000, expires_at_ms=house.clock.now_ms() + HOUR_MS)
    bet(house, 400)
    house.clock.advance(HOUR_MS)
    win(house, 5_000)
    assert house.money == (0, 0, 0)
    assert house.is_proven()


def converted_with_an_open_round() -> House:
    house = House().open().grant("g", 1_000, wagering_multiplier=1)
    bet(house, 300, "open")
    bet(house, 700)
    win(house, 700)
    assert house.money == (700, 0, 0)
    return house


def test_what_comes_back_to_a_converted_grant_is_cash() -> None:
    house = converted_with_an_open_round()
    win(house, 900, "open")
    assert house.money == (1_600, 0, 0)
    assert house.is_proven()


def test_a_conversion_is_final_also_when_the_stake_comes_back() -> None:
    house = converted_with_an_open_round()
    rollback(house, "open")
    assert house.money == (1_000, 0, 0)
    assert (grant(house, "g")["status"], grant(house, "g")["wagered_minor"]) == ("converted", 700)
    assert house.is_proven()


def test_a_win_of_a_converted_grant_is_taken_back_from_cash() -> None:
    house = converted_with_an_open_round()
    win(house, 900, "open")
    assert rollback(house, "open").status == 200
    assert house.money == (1_000, 0, 0)
    returned = house.events[-1]["data"]
    assert (returned["of"], returned["converted"]) == ("WIN", [["g", 900]])
    assert house.is_proven()


def test_a_win_that_went_to_the_house_is_not_taken_back_twice() -> None:
    house = staked_from_bonus()
    win(house, 900)
    forfeit(house)
    assert rollback(house).status == 200
    assert house.money == (0, 0, 0)
    assert house.events[-1]["data"]["waived"] == [["g", 900]]
    assert house.is_proven()


def test_old_grants_without_terms_are_what_they_were(house: House) -> None:
    house.grant("g", 500)
    terms = house.events[-1]["data"]["terms"]
    assert terms == {
        "required_minor": 0,
        "contributions": {},
        "max_stake_minor": None,
        "expires_at": None,
        "on_withdrawal": "keep",
    }
