"""A registration after an off-boarding is no way out of an exclusion, a pause or a limit."""

import json
from typing import Any

import pytest
from api_under_test import run
from money_world import Player
from registers_world import SOCIAL, RegistersWorld, Somebody, join

from shared.kernel.times import DAY_MS, MINUTE_MS


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


@pytest.fixture
def player(world: RegistersWorld) -> Somebody:
    return join(world).identify()


def leave(world: RegistersWorld, player: Somebody) -> None:
    """Be off-boarded, and be taken from the register after it."""
    world.impede(player.player.cpf, SOCIAL)
    due = "UPDATE register_standings SET next_at = 0 WHERE player_id = ?"
    world.change(due, player.player_id)
    assert world.sweep()["listed"] == 1
    world.follow()
    player.advance(3 * DAY_MS)
    world.clock.advance(5 * MINUTE_MS)
    assert world.follow()["close"] == 1
    world.impede(player.player.cpf)


def come_back(world: RegistersWorld, player: Somebody) -> Somebody:
    """Register again, log in, be identified."""
    again = world.call("POST", "/v1/players", player.player.registered)
    assert again.status == 201, again.text
    return here_again(world, player, str(again.json["player_id"]))


def here_again(world: RegistersWorld, player: Somebody, player_id: str) -> Somebody:
    assert player_id != player.player_id
    new = Player.__new__(Player)
    new.world, new.registered, new.player_id = world, player.player.registered, player_id
    new.log_in()
    world.identify(player_id)
    return Somebody(world, new)


def panel(world: RegistersWorld, player_id: str) -> Any:
    text = run(world.real.query(player_id, "protection", "", "{}"))
    return json.loads(text.split(" ", 2)[2])


def test_a_self_exclusion_for_ever_stands_in_the_account_that_follows(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    new = come_back(world, player)
    assert new.reasons() == ["excluded"]
    shown = panel(world, new.player_id)
    assert shown["is_excluded_for_ever"]
    assert [(term["kind"], term["source"]) for term in shown["terms"]] == [("excluded", "player")]


def test_terms_with_an_end_and_limits_of_the_house_stand_too_and_what_has_ended_does_not(
    world: RegistersWorld, player: Somebody
) -> None:
    limit = {"kind": "deposit", "period": "daily", "value": 5_000, "reason": "harm seen"}
    path = f"players/{player.player_id}"
    assert world.office(f"{path}/limits", "support", "POST", limit).status < 300
    term = {"days": 300, "reason": "harm seen"}
    assert world.office(f"{path}/exclusions", "support", "POST", term).status < 300
    paused = player.player.post("/v1/me/pauses", {"days": 1})
    assert paused.status < 300, paused.text
    before = panel(world, player.player_id)
    leave(world, player)
    new = come_back(world, player)
    after = panel(world, new.player_id)
    assert after["excluded_until"] == before["excluded_until"]
    assert before["paused_until"] is not None
    assert after["paused_until"] is None
    [daily] = [one for one in after["limits"] if one["operator"] is not None]
    assert (daily["kind"], daily["period"], daily["operator"]) == ("deposit", "daily", 5_000)
    assert new.player.post("/v1/me/deposits", {"amount_minor": 100, "method": "pix"}).code == (
        "excluded"
    )


def test_a_registration_that_was_cut_off_before_the_exclusion_was_taken_over_completes_it(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    registered = player.player.registered
    world.real.misses = {"exclude"}
    login = {name: registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/players", registered).code == "wallet_pending"
    assert world.call("POST", "/v1/auth/login", login).code == "wallet_pending"
    world.real.misses = set()
    [link] = world.rows("SELECT * FROM account_successions")
    new = here_again(world, player, str(link["player_id"]))
    assert new.reasons() == ["excluded"]


def test_an_exclusion_outlasts_an_account_whose_wallet_never_opened(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    world.impede(player.player.cpf, SOCIAL)
    world.real.misses = {"open"}
    assert world.call("POST", "/v1/players", player.player.registered).code == "wallet_pending"
    world.clock.advance(3 * MINUTE_MS)
    assert world.sweep()["listed"] == 1
    world.follow()
    world.clock.advance(3 * DAY_MS)
    assert world.follow()["close"] == 1
    world.real.misses = set()
    world.impede(player.player.cpf)
    assert come_back(world, player).reasons() == ["excluded"]


def test_a_pause_that_runs_is_taken_over_with_its_end(
    world: RegistersWorld, player: Somebody
) -> None:
    paused = player.player.post("/v1/me/pauses", {"days": 30})
    assert paused.status < 300, paused.text
    until = panel(world, player.player_id)["paused_until"]
    leave(world, player)
    new = come_back(world, player)
    assert panel(world, new.player_id)["paused_until"] == until
    assert new.reasons() == ["paused"]
