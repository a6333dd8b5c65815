"""Ending a session reaches the wallet, whatever keys a client has used before, or says so."""

import base64
import json
from typing import Any

import pytest
from money_world import MoneyWorld, Player


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


def _session_id(token: str) -> str:
    claims = token.split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return str(told["sid"])


def _log_out(world: MoneyWorld, player: Player) -> Any:
    return world.call("POST", "/v1/auth/logout", {"refresh_token": player.refresh_token})


def test_no_key_that_a_client_used_keeps_a_session_alive(world: MoneyWorld) -> None:
    player = Player(world)
    player.fund(10_000)
    key = f"revoke:{_session_id(player.token)}"
    assert (
        player.post("/v1/me/deposits", {"amount_minor": 1, "method": "pix"}, key=key).status < 300
    )
    assert _log_out(world, player).status == 204
    assert world.call("GET", "/v1/me/wallet", token=player.token).status == 401
    assert player.withdraw(100).status == 401
    assert ("session_revoke", "") in world.real.asked


@pytest.mark.parametrize("fault", ["misses", "loses"])
def test_a_logout_that_the_wallet_did_not_confirm_is_503_until_it_does(
    world: MoneyWorld, fault: str
) -> None:
    player = Player(world)
    setattr(world.real, fault, {"session_revoke"})
    assert (_log_out(world, player).status, _log_out(world, player).code) == (503, "unavailable")
    assert world.call("GET", "/v1/me", token=player.token).code == "session_revoked"  # D1 has heard
    setattr(world.real, fault, set())
    assert _log_out(world, player).status == 204
    assert world.call("GET", "/v1/me/wallet", token=player.token).status == 401


def test_a_logout_that_the_wallet_refused_is_503(world: MoneyWorld) -> None:
    player = Player(world)
    world.real.refuses["session_revoke"] = '409 0 {"code":"idempotency_key_conflict","detail":""}'
    assert (_log_out(world, player).status, _log_out(world, player).code) == (503, "unavailable")
    world.real.refuses.clear()
    assert _log_out(world, player).status == 204


def test_a_reuse_that_the_wallet_refused_to_hear_of_is_503_until_it_does(
    world: MoneyWorld,
) -> None:
    player = Player(world)
    body = {"refresh_token": player.refresh_token}
    access = world.call("POST", "/v1/auth/refresh", body).json["access_token"]
    world.real.refuses["session_revoke"] = '409 0 {"code":"idempotency_key_conflict","detail":""}'
    assert world.call("POST", "/v1/auth/refresh", body).code == "unavailable"
    world.real.refuses.clear()
    assert world.call("POST", "/v1/auth/refresh", body).code == "refresh_reused"
    assert world.call("GET", "/v1/me/wallet", token=access).status == 401


@pytest.mark.parametrize("fault", ["misses", "loses"])
def test_a_refresh_that_the_wallet_did_not_answer_may_be_sent_again(
    world: MoneyWorld, fault: str
) -> None:
    player = Player(world)
    body = {"refresh_token": player.refresh_token}
    setattr(world.real, fault, {"session_begin"})
    for _ in range(2):
        cut_off = world.call("POST", "/v1/auth/refresh", body)
        assert (cut_off.status, cut_off.code) == (503, "unavailable")
    setattr(world.real, fault, set())
    again = world.call("POST", "/v1/auth/refresh", body)
    assert again.status == 200
    assert world.call("GET", "/v1/me/wallet", token=again.json["access_token"]).status == 200
    theft = world.call("POST", "/v1/auth/refresh", body)
    assert (theft.status, theft.code) == (401, "refresh_reused")
    assert world.call("GET", "/v1/me", token=player.token).code == "session_revoked"


def test_a_session_that_had_to_end_is_ended_at_the_wallet_by_whoever_asks_again(
    world: MoneyWorld,
) -> None:
    player = Player(world)
    body = {"refresh_token": player.refresh_token}
    world.change("UPDATE players SET status = 'closed' WHERE player_id = ?", player.player_id)
    world.real.misses = {"session_revoke"}
    assert world.call("POST", "/v1/auth/refresh", body).status == 503
    world.real.misses = set()
    again = world.call("POST", "/v1/auth/refresh", body)
    assert (again.status, again.code) == (401, "refresh_invalid")
    wallet = world.call("GET", "/v1/me/wallet", token=player.token)
    assert wallet.status == 401, "the wallet has heard"
