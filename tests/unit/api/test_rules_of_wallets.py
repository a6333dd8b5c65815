"""A wallet follows the profile of the day with the next refresh, and is told nothing twice."""

import json
from typing import Any

import pytest
from api_under_test import run
from money_world import MoneyWorld, Player
from services import gate

from shared.kernel.times import MINUTE_MS


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def refresh(player: Player) -> None:
    player.world.clock.advance(MINUTE_MS)
    body = {"refresh_token": player.refresh_token}
    reply = player.world.call("POST", "/v1/auth/refresh", body)
    assert reply.status == 200, reply.text
    player.token, player.refresh_token = reply.json["access_token"], reply.json["refresh_token"]


def told(world: MoneyWorld) -> int:
    """How often any wallet was told rules."""
    return [kind for kind, _ in world.real.asked].count("rules_set")


def minutes_of(player: Player) -> Any:
    world: Any = player.world
    text = run(world.real.query(player.player_id, "gate", "", "{}"))
    return json.loads(text.split(" ", 2)[2])["rules"]["reality_check_minutes"]


def test_a_session_that_goes_on_plays_under_every_change_of_a_day(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minutes in (50, 40, 50):
        monkeypatch.setattr(gate, "REALITY_CHECK_MINUTES", minutes)
        refresh(player)
        assert minutes_of(player) == minutes


def test_the_same_rules_are_told_once(world: MoneyWorld, player: Player) -> None:
    assert told(world) == 1
    refresh(player)
    player.log_in()
    assert told(world) == 1


def test_rules_that_the_wallet_did_not_hear_of_are_told_by_the_next_refresh(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "REALITY_CHECK_MINUTES", 50)
    world.real.misses = {"rules_set"}
    refresh(player)
    world.real.misses = set()
    assert minutes_of(player) == 60
    refresh(player)
    assert minutes_of(player) == 50


def test_what_a_wallet_did_not_take_is_not_kept_as_told(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with a clock ahead told it other rules meanwhile."""
    ahead = world.clock.now_ms() + 90_000
    monkeypatch.setattr(gate, "REALITY_CHECK_MINUTES", 40)
    run(gate.renew_rules(world.house, player.player_id, ahead))
    monkeypatch.setattr(gate, "REALITY_CHECK_MINUTES", 50)
    refresh(player)
    assert minutes_of(player) == 40
    refresh(player)
    assert minutes_of(player) == 50
