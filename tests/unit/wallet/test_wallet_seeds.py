"""Seeds are committed before use, revealed when replaced, and never used too long."""

from hashlib import sha256

import pytest
from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS
from shared.wallet.seeds import MAX_NONCES


def committed(house: House) -> list[dict[str, str]]:
    return [event["data"] for event in house.events if event["type"] == "SEED_COMMITTED"]


def test_the_hash_of_the_next_seed_is_committed_one_rotation_ahead(house: House) -> None:
    house.do("seed_rotate")
    house.do("seed_rotate")
    first, second, third = committed(house)
    assert second["server_seed_hash"] == first["next_server_seed_hash"]
    assert third["server_seed_hash"] == second["next_server_seed_hash"]


def test_rotation_reveals_the_seed_behind_the_commitment(house: House) -> None:
    promised = house.ask("fairness").body["current"]
    rotated = house.do("seed_rotate", client_seed="my-own.seed").body
    assert rotated["revealed"]["server_seed_hash"] == promised["server_seed_hash"]
    assert (
        sha256(rotated["revealed"]["server_seed"].encode()).hexdigest()
        == (promised["server_seed_hash"])
    )
    assert rotated["revealed"]["client_seed"] == promised["client_seed"]
    assert rotated["revealed"]["last_nonce"] == -1
    assert rotated["current"]["client_seed"] == "my-own.seed"
    assert house.ask("fairness").body == {
        "current": rotated["current"],
        "revealed": [rotated["revealed"]],
    }
    assert house.types[-2:] == ["SEED_REVEALED", "SEED_COMMITTED"]


def test_without_a_client_seed_the_players_own_is_kept(house: House) -> None:
    house.do("seed_rotate", client_seed="mine")
    assert house.do("seed_rotate").body["current"]["client_seed"] == "mine"
    assert house.do("seed_rotate", client_seed=None).body["current"]["client_seed"] == "mine"


@pytest.mark.parametrize("client_seed", ["", "a:b", "a b", "é", "x" * 65, 1, ["a"]])
def test_a_client_seed_that_would_blur_the_draw_is_refused(
    house: House, client_seed: object
) -> None:
    refused = house.do("seed_rotate", client_seed=client_seed)
    assert (refused.status, refused.code) == (422, "invalid_payload")


def test_no_secret_seed_ever_stands_in_an_event_or_answer(house: House) -> None:
    secrets = house.sql.query("SELECT server_seed, next_server_seed FROM seeds")[0]
    house.play(house.session(), 100)
    told = str(house.events) + str(house.ask("fairness").body) + str(house.ask("rounds").body)
    for secret in secrets:
        assert str(secret) not in told


def test_a_day_old_seed_is_rotated_before_the_draw(house: House) -> None:
    session_id = house.session()
    before = house.play(session_id, 100).body["fairness"]
    house.sql.execute("UPDATE seeds SET committed_at = committed_at - CAST(? AS INTEGER)", DAY_MS)
    house.woken()
    after = house.play(session_id, 100).body["fairness"]
    assert after["server_seed_hash"] == committed(house)[0]["next_server_seed_hash"]
    assert after["server_seed_hash"] != before["server_seed_hash"]
    assert (before["nonce"], after["nonce"]) == (0, 0)
    assert house.types[-4:] == ["SEED_REVEALED", "SEED_COMMITTED", "BET", "WIN"]
    assert house.is_proven()


def test_a_seed_draws_at_most_a_thousand_times(house: House) -> None:
    session_id = house.session()
    house.sql.execute("UPDATE seeds SET nonce = CAST(? AS INTEGER)", MAX_NONCES - 1)
    assert house.play(session_id, 100).body["fairness"]["nonce"] == MAX_NONCES - 1
    fairness = house.play(session_id, 100).body["fairness"]
    assert fairness["nonce"] == 0
    revealed = house.ask("fairness").body["revealed"][0]
    assert revealed["last_nonce"] == MAX_NONCES - 1
    assert house.play(session_id, 100).body["fairness"] == {**fairness, "nonce": 1}


def test_a_session_opens_on_a_seed_that_its_first_round_will_use(house: House) -> None:
    house.clock.advance(DAY_MS)
    opened = house.do(
        "game_session_open",
        key="",
        game={
            "game_id": "dice",
            "version": 1,
            "rtp_bps": 9600,
            "min_stake_minor": 1,
            "max_stake_minor": 1_000,
            "enabled": True,
        },
    ).body
    assert house.play(opened["session_id"], 100).body["fairness"] == opened["fairness"]
