"""Opening a wallet: what it begins with, and that it begins once."""

from typing import Any

import pytest
from unit.wallet.wallet_house import LOGIN, NO_DEMANDS, PLAYER, House

from shared.kernel.times import HOUR_MS, SAO_PAULO_OFFSET_MS

TERMS = {
    "player_id": PLAYER,
    "currency": "BRL",
    "jurisdiction": "br",
    "limits": [],
    "rules": NO_DEMANDS,
}


def test_a_new_wallet_is_empty_and_has_committed_its_first_seed() -> None:
    house = House().open(("loss", "daily", 5_000), ("time", "weekly", 60))
    assert house.money == (0, 0, 0)
    assert house.types == ["OPENED", "LIMIT_CHANGED", "LIMIT_CHANGED", "SEED_COMMITTED"]
    assert house.events[0]["data"] == {
        "player_id": PLAYER,
        "currency": "BRL",
        "jurisdiction": "uk",
        "day_offset_ms": SAO_PAULO_OFFSET_MS,
        "rules": {**NO_DEMANDS, "mandatory": [], "reality_check_minutes": None},
    }
    assert house.events[1]["data"] == {
        "kind": "loss",
        "period": "daily",
        "value": 5_000,
        "source": "player",
        "tighter": True,
    }
    assert house.is_proven()


def test_opening_again_on_the_same_terms_is_a_replay_of_the_first_answer() -> None:
    house = House()
    first = house.do("open", key="", login="", **TERMS)
    house.deposit(500)
    again = house.do("open", key="another", login="", **TERMS)
    assert again.status == first.status == 201
    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body


def test_opening_again_under_newer_rules_is_the_same_opening() -> None:
    house = House()
    first = house.do("open", key="", login="", **TERMS)
    again = house.do(
        "open", key="", login="", **{**TERMS, "rules": {**NO_DEMANDS, "requires": ["kyc"]}}
    )
    assert (again.status, again.replayed, again.body) == (201, True, first.body)
    assert house.ask("gate").body["rules"]["requires"] == []


def test_the_days_of_a_wallet_are_fixed_at_its_opening() -> None:
    house = House(day_offset_ms=0).open()
    assert house.events[0]["data"]["day_offset_ms"] == 0
    rules = {**NO_DEMANDS, "requires": ["kyc"]}
    again = {**TERMS, "jurisdiction": "uk", "day_offset_ms": HOUR_MS}
    assert house.do("open", key="", login="", **again).replayed
    told = house.do("rules_set", key="", login="", rules=rules, version=1)
    assert told.body == {"applied": True}
    assert house.sql.query("SELECT day_offset_ms FROM meta") == [(0,)]
    assert house.is_proven()


def test_opening_on_other_terms_is_a_conflict() -> None:
    house = House().open()
    other = house.do("open", key="", login="", **{**TERMS, "currency": "EUR"})
    assert (other.status, other.code) == (409, "wallet_open_conflict")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("deposit_request", {"amount_minor": 1, "method": "pix"}),
        ("bet", {"round_id": "r", "game_id": "g", "amount_minor": 1}),
        ("rollback", {"round_id": "r", "reason": "late"}),
        ("session_revoke", {"session_id": LOGIN}),
    ],
)
def test_a_wallet_that_is_not_open_knows_no_command(kind: str, payload: dict[str, Any]) -> None:
    refused = House().do(kind, **payload)
    assert (refused.status, refused.code) == (404, "wallet_not_found")


def test_a_wallet_that_is_not_open_answers_no_question_and_has_nothing_to_deliver() -> None:
    house = House()
    assert house.ask("balance").code == "wallet_not_found"
    assert house.wallet.undelivered(10) == []
    assert house.wallet.next_delivery_at() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "XXX"},
        {"jurisdiction": "BR"},
        {"day_offset_ms": -12 * HOUR_MS - 1},
        {"day_offset_ms": 14 * HOUR_MS + 1},
        {"day_offset_ms": "0"},
        {"player_id": ""},
        {"limits": [{"kind": "loss", "period": "yearly", "value": 1}]},
        {"limits": [{"kind": "loss", "period": "daily", "value": -1}]},
        {"limits": [{"kind": "loss", "period": "daily", "value": 1}] * 2},
        {"limits": [{"kind": "loss", "period": "daily", "value": 1, "more": 1}]},
        {"limits": {}},
        {"limits": [1]},
        {"rules": {}},
        {"rules": {**NO_DEMANDS, "requires": ["luck"]}},
        {"rules": {**NO_DEMANDS, "requires": ["kyc", "kyc"]}},
        {"rules": {**NO_DEMANDS, "requires": "kyc"}},
        {"rules": {**NO_DEMANDS, "requires": [["kyc"]]}},
        {"rules": {**NO_DEMANDS, "mandatory": ["bonus"]}},
        {"rules": {**NO_DEMANDS, "reality_check_minutes": 0}},
        {"rules": {**NO_DEMANDS, "loosening_delay_ms": -1}},
        {"rules": {**NO_DEMANDS, "more": 1}},
        {"more": 1},
    ],
)
def test_terms_that_do_not_validate_open_nothing(wrong: dict[str, Any]) -> None:
    house = House()
    refused = house.do("open", key="", login="", **{**TERMS, **wrong})
    assert (refused.status, refused.code) == (422, "invalid_payload")
    assert house.ask("balance").code == "wallet_not_found"
