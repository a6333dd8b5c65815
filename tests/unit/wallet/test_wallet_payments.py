"""Deposits credit once; withdrawals leave once or come back once."""

import re

from unit.wallet.wallet_house import House

from shared.kernel.times import HOUR_MS, MINUTE_MS
from shared.wallet.model import DEPOSIT_GRACE_MS


def test_a_deposit_request_moves_nothing_and_names_its_txid(house: House) -> None:
    before = house.money
    asked = house.do("deposit_request", amount_minor=2_500, method="pix")
    assert asked.status == 201
    assert re.fullmatch(r"[A-Za-z0-9]{26,35}", asked.body["txid"])
    assert asked.body["expires_at_ms"] - asked.body["requested_at_ms"] == HOUR_MS
    assert asked.body["currency"] == "BRL"
    assert house.money == before


def credit(house: House, deposit_id: str, amount_minor: int, payment: str = "E1") -> object:
    made = house.do(
        "deposit_credit",
        login="",
        deposit_id=deposit_id,
        amount_minor=amount_minor,
        end_to_end_id=payment,
    )
    return made.code if made.status >= 400 else made.status


def test_a_deposit_is_credited_once_under_whatever_key(house: House) -> None:
    deposit_id = house.do("deposit_request", amount_minor=2_500, method="pix").body["deposit_id"]
    assert credit(house, deposit_id, 2_500) == 200
    assert credit(house, deposit_id, 2_500) == "deposit_already_credited"
    assert house.money == (12_500, 0, 0)
    assert house.is_proven()


def test_one_payment_never_credits_two_deposits(house: House) -> None:
    first = house.do("deposit_request", amount_minor=700, method="pix").body["deposit_id"]
    second = house.do("deposit_request", amount_minor=700, method="pix").body["deposit_id"]
    assert credit(house, first, 700, "E7") == 200
    assert credit(house, second, 700, "E7") == "payment_already_used"
    assert house.money == (10_700, 0, 0)


def test_a_payment_of_another_amount_is_refused(house: House) -> None:
    deposit_id = house.do("deposit_request", amount_minor=700, method="pix").body["deposit_id"]
    assert credit(house, deposit_id, 701) == "deposit_amount_mismatch"
    assert credit(house, "no-such-deposit", 700) == "deposit_not_found"
    assert house.money == (10_000, 0, 0)


def test_a_payment_after_the_code_expired_is_credited_because_the_money_arrived(
    house: House,
) -> None:
    deposit_id = house.do("deposit_request", amount_minor=700, method="pix").body["deposit_id"]
    house.clock.advance(HOUR_MS + 1)
    assert credit(house, deposit_id, 700) == 200


def test_no_method_but_pix_is_known(house: House) -> None:
    assert house.do("deposit_request", amount_minor=1, method="boleto").code == "invalid_payload"


def test_requests_that_still_expect_money_count_against_the_deposit_limit() -> None:
    house = House().open(("deposit", "daily", 1_000))
    assert house.do("deposit_request", amount_minor=600, method="pix").status == 201
    refused = house.do("deposit_request", amount_minor=600, method="pix")
    assert (refused.status, refused.code) == (403, "limit_deposit")
    assert refused.body["limit"] == {"kind": "deposit", "period": "daily", "value": 1_000}
    house.clock.advance(HOUR_MS + DEPOSIT_GRACE_MS - 1)
    assert house.do("deposit_request", amount_minor=600, method="pix").code == "limit_deposit"
    house.clock.advance(1)
    assert house.do("deposit_request", amount_minor=600, method="pix").status == 201


def test_a_notice_that_is_late_within_the_grace_passes_no_deposit_limit() -> None:
    house = House().open(("deposit", "daily", 1_000))
    paid = house.do("deposit_request", amount_minor=1_000, method="pix").body["deposit_id"]
    house.clock.advance(HOUR_MS + MINUTE_MS)
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "limit_deposit"
    assert credit(house, paid, 1_000) == 200
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "limit_deposit"
    assert deposited_today(house) == 1_000


def test_a_later_credit_counts_in_full_and_refuses_further_deposits() -> None:
    house = House().open(("deposit", "daily", 1_000))
    late = house.do("deposit_request", amount_minor=1_000, method="pix").body["deposit_id"]
    house.clock.advance(HOUR_MS + DEPOSIT_GRACE_MS)
    house.deposit(900)
    assert credit(house, late, 1_000) == 200
    assert (house.money, deposited_today(house)) == ((1_900, 0, 0), 1_900)
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "limit_deposit"
    assert house.is_proven()


def deposited_today(house: House) -> int:
    return int(house.ask("protection").body["use"]["daily"]["deposited_minor"])


def test_credited_deposits_count_against_the_limit_until_the_day_is_over() -> None:
    house = House().open(("deposit", "daily", 1_000)).deposit(1_000)
    refused = house.do("deposit_request", amount_minor=1, method="pix")
    assert refused.code == "limit_deposit"
    house.clock.advance(refused.body["retry_after"] * 1_000 - 1)
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "limit_deposit"
    house.clock.advance(1)
    assert house.do("deposit_request", amount_minor=1, method="pix").status == 201


def hold(house: House, amount_minor: int) -> dict[str, str]:
    held = house.do("withdrawal_hold", amount_minor=amount_minor, payment_account_id="account-1")
    assert held.status == 201, held
    return {
        "withdrawal_id": held.body["withdrawal_id"],
        "end_to_end_id": held.body["end_to_end_id"],
    }


def test_a_hold_takes_cash_out_of_reach_and_promises_120_minutes(house: House) -> None:
    held = house.do("withdrawal_hold", amount_minor=4_000, payment_account_id="account-1")
    assert house.money == (6_000, 0, 4_000)
    assert held.body["due_at_ms"] - held.body["requested_at_ms"] == 120 * MINUTE_MS
    assert re.fullmatch(r"E0{8}202611221415[A-Za-z0-9]{11}", held.body["end_to_end_id"])


def test_a_settled_withdrawal_leaves_the_wallet_once(house: House) -> None:
    withdrawal = hold(house, 4_000)
    paid = house.do("withdrawal_settle", login="", **withdrawal)
    assert (paid.status, paid.body["status"]) == (200, "paid")
    assert house.money == (6_000, 0, 0)
    assert house.do("withdrawal_settle", login="", **withdrawal).code == "withdrawal_not_pending"
    again = house.do(
        "withdrawal_release", login="", withdrawal_id=withdrawal["withdrawal_id"], reason="late"
    )
    assert (again.status, again.code) == (409, "withdrawal_not_pending")
    assert house.money == (6_000, 0, 0)
    assert house.is_proven()


def test_a_released_withdrawal_comes_back_once(house: House) -> None:
    withdrawal = hold(house, 4_000)
    back = house.do(
        "withdrawal_release", login="", withdrawal_id=withdrawal["withdrawal_id"], reason="refused"
    )
    assert (back.status, back.body["status"]) == (200, "released")
    assert house.money == (10_000, 0, 0)
    assert house.do("withdrawal_settle", login="", **withdrawal).code == "withdrawal_not_pending"
    assert house.is_proven()


def test_a_settlement_names_the_hold_as_its_cause(house: House) -> None:
    house.do("withdrawal_settle", login="", **hold(house, 1))
    held, paid = house.events[-2:]
    assert (held["type"], paid["type"]) == ("WITHDRAWAL_HELD", "WITHDRAWAL")
    assert paid["causation_id"] == held["event_id"]


def test_a_payment_of_another_withdrawal_settles_nothing(house: House) -> None:
    withdrawal = hold(house, 100)
    other = hold(house, 100)
    mixed = {**withdrawal, "end_to_end_id": other["end_to_end_id"]}
    assert house.do("withdrawal_settle", login="", **mixed).code == "payment_mismatch"
    unknown = {**withdrawal, "withdrawal_id": "none"}
    assert house.do("withdrawal_settle", login="", **unknown).code == "withdrawal_not_found"
    assert house.money == (9_800, 0, 200)


def test_bonus_money_cannot_be_withdrawn(house: House) -> None:
    house.grant("g", 5_000)
    refused = house.do("withdrawal_hold", amount_minor=10_001, payment_account_id="account-1")
    assert (refused.status, refused.code) == (409, "insufficient_funds")
    assert refused.body["balance"] == {"amount_minor": 10_000, "currency": "BRL"}
    assert house.ask("balance").body["withdrawable_minor"] == 10_000


def test_held_money_cannot_be_staked_or_held_again(house: House) -> None:
    hold(house, 9_500)
    assert house.play(house.session(), 501).code == "insufficient_funds"
    again = house.do("withdrawal_hold", amount_minor=501, payment_account_id="account-1")
    assert again.code == "insufficient_funds"
