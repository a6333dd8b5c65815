"""The games over HTTP: what a player may read before betting, exact to the last digit."""

import hashlib
import json
from fractions import Fraction

import httpx
from e2e.player import expect, join, problem


def test_the_list_shows_what_each_game_shows(client: httpx.Client) -> None:
    listed = expect(client.get("/v1/games"), 200)
    assert listed["next_cursor"] is None
    assert "dice" in {game["game_id"] for game in listed["items"]}
    for game in listed["items"]:
        assert expect(client.get(f"/v1/games/{game['game_id']}"), 200) == game


def test_a_game_says_its_stakes_its_parameters_and_its_return(client: httpx.Client) -> None:
    game = expect(client.get("/v1/games/dice"), 200)
    assert (game["kind"], game["enabled"]) == ("dice", True)
    assert 0 < game["min_stake_minor"] < game["max_stake_minor"]
    assert game["params_schema"]["additionalProperties"] is False
    assert set(game["params_schema"]["required"]) == {"target", "over"}
    assert {"pt-BR", "en"} <= set(game["rtp_how_determined"])


def test_the_theoretical_return_is_exact_at_its_worst_bet(client: httpx.Client) -> None:
    """Truncation to centavos included: recomputed here from the published rule alone."""
    game = expect(client.get("/v1/games/dice"), 200)
    rtp_bps = int(Fraction(game["rtp_target"]) * 100)
    worst = min(
        Fraction(stake * rtp_bps // (target * 100) * target, stake * 100)
        for target in range(2, 99)
        # Above some hundred centavos truncation weighs less than at the least stake.
        for stake in range(game["min_stake_minor"], game["min_stake_minor"] + 200)
    )
    shown = Fraction(game["rtp_theoretical"])
    assert abs(shown - worst * 100) < Fraction(1, 100)
    at = game["rtp_theoretical_at"]
    target, stake = at["params"]["target"], at["stake_minor"]
    assert Fraction(stake * rtp_bps // (target * 100) * target, stake * 100) == worst


def test_the_hash_of_a_paytable_is_that_of_the_paytable(client: httpx.Client) -> None:
    game = expect(client.get("/v1/games/dice"), 200)
    text = json.dumps(game["paytable"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == game["paytable_hash"]


def test_a_game_that_is_not_there_is_named(client: httpx.Client) -> None:
    problem(client.get("/v1/games/roulette"), 404, "game_not_found")
    problem(client.get("/v1/games/DICE"), 404, "not_found")


def test_the_bounds_of_a_stake_are_those_that_are_shown(client: httpx.Client) -> None:
    game = expect(client.get("/v1/games/dice"), 200)
    least, most = game["min_stake_minor"], game["max_stake_minor"]
    player = join(client, funds_minor=least + most)
    session = player.open_game()["session_id"]
    problem(player.bet(session, least - 1), 409, "stake_below_min")
    problem(player.bet(session, most + 1), 409, "stake_above_max")
    assert player.play(session, least)["stake_minor"] == least
    assert player.play(session, most)["stake_minor"] == most
