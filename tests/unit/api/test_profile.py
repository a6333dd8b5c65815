"""The profile of a player."""

from typing import Any

import pytest
from api_under_test import World
from e2e.people import cpf, registration


@pytest.fixture
def body() -> dict[str, Any]:
    return registration(cpf=cpf(123_456_789))


@pytest.fixture
def token(world: World, body: dict[str, Any]) -> str:
    world.call("POST", "/v1/players", body)
    login = {"email": body["email"], "password": body["password"]}
    return str(world.call("POST", "/v1/auth/login", login).json["access_token"])


def test_the_profile_says_who_the_player_is_and_masks_the_cpf(
    world: World, body: dict[str, Any], token: str
) -> None:
    profile = world.call("GET", "/v1/me", token=token).json
    assert profile["email"] == body["email"]
    assert profile["full_name"] == body["full_name"]
    assert profile["birth_date"] == body["birth_date"]
    assert profile["phone"] == body["phone"]
    assert profile["address"] == body["address"] | {"complement": None}
    assert profile["cpf"] == "***.456.789-**"
    assert body["cpf"] not in str(profile)
    assert profile["created_at"] == "2026-11-22T14:15:00.000Z"
    [account] = profile["payment_accounts"]
    assert (account["kind"], account["key_type"]) == ("pix", "cpf")
    assert account["key_masked"] == "***.456.789-**"


def test_who_has_never_bet_gets_no_bonus_yet(world: World, token: str) -> None:
    eligibility = world.call("GET", "/v1/me", token=token).json["eligibility"]
    assert eligibility == {
        "can_bet": True,
        "can_deposit": True,
        "can_use_bonus": False,
        "reasons": ["bonus_before_first_bet"],
    }


def test_what_the_wallet_closes_is_told_in_its_order(world: World, token: str) -> None:
    world.wallets.gate |= {
        "can_bet": False,
        "can_deposit": True,
        "can_use_bonus": True,
        "reasons": ["geo_blocked", "reality_check_due"],
    }
    assert world.call("GET", "/v1/me", token=token).json["eligibility"] == {
        "can_bet": False,
        "can_deposit": True,
        "can_use_bonus": False,
        "reasons": ["geo_blocked", "reality_check_due", "bonus_before_first_bet"],
    }


def test_a_wallet_that_gives_no_answer_lets_nothing_pass(world: World, token: str) -> None:
    world.wallets.is_down = True
    eligibility = world.call("GET", "/v1/me", token=token).json["eligibility"]
    assert not any(eligibility[name] for name in ("can_bet", "can_deposit", "can_use_bonus"))
    assert eligibility["reasons"][0] == "unavailable"


def test_advertising_needs_a_choice_and_is_held_back_while_play_is_closed(
    world: World, token: str
) -> None:
    def marketing() -> Any:
        return world.call("GET", "/v1/me", token=token).json["marketing"]

    assert marketing() == {"consent": False, "effective": False}
    chosen = world.call("PUT", "/v1/me/marketing", {"consent": True}, token=token)
    assert chosen.json == marketing() == {"consent": True, "effective": True}
    for reason in ("excluded", "paused", "impeded", "impediment_check_pending"):
        world.wallets.gate["reasons"] = [reason]
        assert marketing() == {"consent": True, "effective": False}
        refused = world.call("PUT", "/v1/me/marketing", {"consent": True}, token=token)
        assert refused.code == "marketing_not_possible"
    stopped = world.call("PUT", "/v1/me/marketing", {"consent": False}, token=token)
    assert stopped.json["consent"] is False
    world.wallets.gate["reasons"] = []
    assert marketing() == {"consent": False, "effective": False}
    world.wallets.is_down = True
    refused = world.call("PUT", "/v1/me/marketing", {"consent": True}, token=token)
    assert refused.code == "marketing_not_possible"


def test_a_suspended_player_may_look_and_not_play(world: World, token: str) -> None:
    world.change("UPDATE players SET status = 'suspended'")
    eligibility = world.call("GET", "/v1/me", token=token).json["eligibility"]
    assert eligibility["can_bet"] is eligibility["can_deposit"] is False
    assert "account_not_active" in eligibility["reasons"]


def test_phone_and_address_can_be_changed_and_nothing_else(world: World, token: str) -> None:
    changed = world.call("PATCH", "/v1/me", {"phone": "+5521912345678"}, token=token)
    assert changed.status == 200
    assert changed.json["phone"] == "+5521912345678"
    assert changed.json["address"]["city"] == "São Paulo"
    address = changed.json["address"] | {"city": "Niterói", "state": "RJ", "complement": "casa 2"}
    assert world.call("PATCH", "/v1/me", {"address": address}, token=token).status == 200
    profile = world.call("GET", "/v1/me", token=token).json
    assert (profile["phone"], profile["address"]) == ("+5521912345678", address)

    for refused in ({}, {"email": "new@example.com"}, {"kyc_status": "approved"}, {"phone": "12"}):
        reply = world.call("PATCH", "/v1/me", refused, token=token)
        assert (reply.status, reply.code) == (422, "validation_failed"), refused


def test_a_patch_without_a_body_is_refused_as_an_empty_one(world: World, token: str) -> None:
    reply = world.call("PATCH", "/v1/me", token=token)
    assert (reply.status, reply.code) == (422, "validation_failed")


def test_a_sealed_profile_moved_to_another_player_does_not_open(world: World, token: str) -> None:
    world.call("POST", "/v1/players", registration())
    [mine, other] = world.rows("SELECT player_id, pii_sealed FROM players ORDER BY created_at, 1")
    world.change(
        "UPDATE players SET pii_sealed = CASE player_id WHEN ? THEN ? ELSE ? END",
        mine["player_id"],
        other["pii_sealed"],
        mine["pii_sealed"],
    )
    reply = world.call("GET", "/v1/me", token=token)
    assert (reply.status, reply.code) == (500, "internal_error")
    assert world.log[-1]["failure"].startswith("ValueError at ")
    assert "sealing.py" not in reply.text
