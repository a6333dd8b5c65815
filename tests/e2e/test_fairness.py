"""Fairness over HTTP: committed before the bet, revealed by rotation, recomputed by anyone."""

import hashlib

import httpx
import pytest
from e2e.player import Json, Player, expect, join, problem

SERVER_SEED = "0123456789abcdef" * 4
CLAIM: Json = {
    "server_seed": SERVER_SEED,
    "client_seed": "lucky",
    "nonce": 0,
    "game_id": "dice",
    "game_version": 1,
    "params": {"target": 50, "over": False},
    "stake_minor": 1_000,
}


def _rotate(player: Player, **body: object) -> Json:
    return expect(player.post("/v1/me/fairness/rotate", body), 200)


def test_a_commitment_does_not_move_while_its_seed_is_in_use(client: httpx.Client) -> None:
    player = join(client, funds_minor=5_000)
    before = expect(player.get("/v1/me/fairness"), 200)
    session = player.open_game()["session_id"]
    for nonce in range(3):
        fairness = player.play(session, 100)["fairness"]
        assert fairness == before["current"] | {"nonce": nonce}
    after = expect(player.get("/v1/me/fairness"), 200)
    assert after == {"current": before["current"] | {"nonce": 3}, "revealed": []}


def test_a_refused_bet_uses_no_nonce(client: httpx.Client) -> None:
    player = join(client)
    session = player.open_game()["session_id"]
    problem(player.bet(session, 100), 409, "insufficient_funds")
    assert expect(player.get("/v1/me/fairness"), 200)["current"]["nonce"] == 0


def test_the_next_server_seed_is_committed_before_the_client_seed_can_change(
    client: httpx.Client,
) -> None:
    """Otherwise the house could choose a server seed against the player's client seed."""
    player = join(client)
    committed = [e for e in player.statement() if e["type"] == "SEED_COMMITTED"][-1]["data"]
    current = _rotate(player, client_seed="mine")["current"]
    assert current["server_seed_hash"] == committed["next_server_seed_hash"]
    assert current["client_seed"] == "mine"


def test_rotating_twice_reveals_each_seed_once(client: httpx.Client) -> None:
    player = join(client)
    first, second = _rotate(player), _rotate(player, client_seed="x" * 64)
    for rotation in (first, second):
        seed = rotation["revealed"]["server_seed"]
        assert hashlib.sha256(seed.encode()).hexdigest() == rotation["revealed"]["server_seed_hash"]
        assert rotation["revealed"]["last_nonce"] == -1
    assert second["revealed"]["server_seed_hash"] == first["current"]["server_seed_hash"]
    assert second["revealed"]["client_seed"] == first["current"]["client_seed"]
    shown = expect(player.get("/v1/me/fairness"), 200)
    assert shown["current"] == second["current"]
    assert sorted(r["server_seed"] for r in shown["revealed"]) == sorted(
        [first["revealed"]["server_seed"], second["revealed"]["server_seed"]]
    )


@pytest.mark.parametrize("client_seed", ["", "a:b", "two words", "x" * 65, "ção", 7, None])
def test_a_client_seed_that_cannot_be_one_rotates_nothing(
    client: httpx.Client, client_seed: object
) -> None:
    player = join(client)
    before = player.wallet()
    answer = player.post("/v1/me/fairness/rotate", {"client_seed": client_seed})
    if client_seed is None:
        assert expect(answer, 200)["current"]["client_seed"]
        return
    problem(answer, 422, "validation_failed")
    assert player.wallet() == before


def test_anyone_may_recompute_a_round(client: httpx.Client) -> None:
    verified = expect(client.post("/v1/fairness/verify", json=CLAIM), 200)
    assert verified["server_seed_hash"] == hashlib.sha256(SERVER_SEED.encode()).hexdigest()
    roll = verified["outcome"]["roll"]
    assert verified["outcome"]["win"] == (roll < 5_000)
    assert verified["payout_minor"] == (1_920 if roll < 5_000 else 0)
    other = expect(client.post("/v1/fairness/verify", json=CLAIM | {"nonce": 1}), 200)
    assert other["outcome"]["roll"] != roll


def test_a_round_can_be_recomputed_without_its_stake(client: httpx.Client) -> None:
    claim = {name: value for name, value in CLAIM.items() if name != "stake_minor"}
    assert expect(client.post("/v1/fairness/verify", json=claim), 200)["payout_minor"] is None


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"server_seed": SERVER_SEED.upper()}, 422, "validation_failed"),
        ({"server_seed": SERVER_SEED[:-1]}, 422, "validation_failed"),
        ({"client_seed": "a:b"}, 422, "validation_failed"),
        ({"nonce": -1}, 422, "validation_failed"),
        ({"nonce": 1.5}, 422, "validation_failed"),
        ({"game_version": 0}, 422, "validation_failed"),
        ({"game_version": 999_999}, 404, "game_not_found"),
        ({"game_id": "roulette"}, 404, "game_not_found"),
        ({"params": {"target": 1, "over": False}}, 422, "invalid_params"),
        ({"stake_minor": 0}, 422, "validation_failed"),
        ({"rtp_bps": 9_999}, 422, "validation_failed"),
    ],
)
def test_a_claim_that_cannot_be_recomputed_is_refused(
    client: httpx.Client, change: Json, status: int, code: str
) -> None:
    problem(client.post("/v1/fairness/verify", json=CLAIM | change), status, code)
