"""A registration after an off-boarding is no way out of an exclusion, a pause or a limit."""

import json
from typing import Any

import pytest
from api_under_test import run
from e2e.people import registration
from money_world import MoneyWorld, Player
from registers_world import SOCIAL, RegistersWorld, Somebody, join
from services import kyc_sweep
from services.inherited_protection import take_over_protection

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


def register_again(world: RegistersWorld, player: Somebody, **changes: object) -> Somebody:
    """Register with the same CPF and log in."""
    registered = player.player.registered | changes
    again = world.call("POST", "/v1/players", registered)
    assert again.status == 201, again.text
    assert again.json["player_id"] != player.player_id
    return logged_in(world, registered, str(again.json["player_id"]))


def come_back(world: RegistersWorld, player: Somebody) -> Somebody:
    """Register again, log in, be identified."""
    return register_again(world, player).identify()


def logged_in(world: RegistersWorld, registered: dict[str, Any], player_id: str) -> Somebody:
    new = Player.__new__(Player)
    new.world, new.registered, new.player_id = world, registered, player_id
    new.log_in()
    return Somebody(world, new)


def panel(world: MoneyWorld, player_id: str) -> Any:
    text = run(world.real.query(player_id, "protection", "", "{}"))
    return json.loads(text.split(" ", 2)[2])


def house_limits(world: MoneyWorld, player: Somebody) -> list[int]:
    limits = panel(world, player.player_id)["limits"]
    return [limit["operator"] for limit in limits if limit["operator"] is not None]


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


def test_the_gate_stays_closed_until_the_exclusion_was_taken_over(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    world.real.misses = {"exclude"}
    new = come_back(world, player)
    assert new.reasons() == ["kyc_required"]
    new.player.log_in()
    assert new.reasons() == ["kyc_required"]
    world.real.misses = set()
    assert run(kyc_sweep.sweep(world.house, 0))["facts_told"] == 1
    assert new.reasons() == ["excluded"]


def test_whoever_uses_the_number_of_somebody_who_excluded_themselves_reads_nothing_of_it(
    world: RegistersWorld, player: Somebody
) -> None:
    body = {"kind": "deposit", "period": "daily", "value": 5_000, "reason": "harm seen"}
    path = f"players/{player.player_id}/limits"
    assert world.office(path, "support", "POST", body).status == 200
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    stranger = register_again(world, player, email="stranger@example.org").player
    other = Player(world, identified=False)
    assert stranger.get("/v1/me")["eligibility"] == other.get("/v1/me")["eligibility"]
    shown, usual = (who.get("/v1/me/protection") for who in (stranger, other))
    assert shown | {"session": None} == usual | {"session": None}
    assert "excluded" not in stranger.post("/v1/me/deposits", {"amount_minor": 100}).text


def test_nobody_is_sent_advertising_before_it_is_known_whether_they_excluded_themselves(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    new = register_again(world, player)
    chosen = world.call("PUT", "/v1/me/marketing", {"consent": True}, token=new.player.token)
    assert chosen.json == {"consent": True, "effective": False}
    new.identify()
    assert new.player.get("/v1/me")["marketing"] == {"consent": False, "effective": False}


def test_of_several_former_accounts_the_tightest_limit_of_the_house_stands(
    world: RegistersWorld, player: Somebody
) -> None:
    def limit(who: Somebody, value: int) -> None:
        body = {"kind": "deposit", "period": "daily", "value": value, "reason": "harm seen"}
        path = f"players/{who.player_id}/limits"
        assert world.office(path, "support", "POST", body).status == 200

    limit(player, 50_000)
    leave(world, player)
    second = come_back(world, player)
    limit(second, 5_000)
    leave(world, second)
    third = register_again(world, second)
    limit(third, 6_000)
    third.identify()
    assert house_limits(world, third) == [5_000]
    leave(world, third)
    fourth = register_again(world, third)
    limit(fourth, 4_000)
    fourth.identify()
    assert house_limits(world, fourth) == [4_000]


def test_what_was_taken_over_is_taken_over_once(world: RegistersWorld, player: Somebody) -> None:
    body = {"kind": "deposit", "period": "daily", "value": 5_000, "reason": "harm seen"}
    path = f"players/{player.player_id}/limits"
    assert world.office(path, "support", "POST", body).status == 200
    leave(world, player)
    new = come_back(world, player)
    path = f"players/{new.player_id}/limits"
    assert world.office(path, "aml", "POST", body | {"value": 9_000}).status == 200
    run(take_over_protection(world.house, new.player_id, world.clock.now_ms()))
    assert house_limits(world, new) == [9_000]


def test_a_wallet_that_has_lost_what_it_held_is_not_one_that_never_opened(
    world: RegistersWorld, player: Somebody
) -> None:
    player.player.post("/v1/me/exclusions", {"indefinite": True})
    leave(world, player)
    known = world.real._native._open
    kept = known.pop(player.player_id)
    new = come_back(world, player)
    assert new.reasons() == ["kyc_required"]
    known[player.player_id] = kept
    run(kyc_sweep.sweep(world.house, 0))
    assert new.reasons() == ["excluded"]


def test_where_people_play_before_they_identify_it_stands_before_the_wallet_counts_as_opened() -> (
    None
):
    world = MoneyWorld("mt")
    former = Player(world, currency="EUR")
    assert former.post("/v1/me/exclusions", {"days": 200}).status == 201
    world.real.misses = {"open"}
    registered = registration(currency="EUR")
    assert world.call("POST", "/v1/players", registered).code == "wallet_pending"
    [row] = world.rows("SELECT player_id FROM players WHERE player_id <> ?", former.player_id)
    new_id = str(row["player_id"])
    link = "INSERT INTO account_successions VALUES (?, ?, 'index', 1, NULL)"
    world.change(link, former.player_id, new_id)
    world.real.misses = {"exclude"}
    login = {name: registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "wallet_pending"
    world.real.misses = set()
    assert world.call("POST", "/v1/auth/login", login).status == 200
    assert panel(world, new_id)["excluded_until"] is not None


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
