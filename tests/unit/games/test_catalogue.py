"""The catalogue: one door to every game, for the wallet, the history and the verifier."""

from typing import Any

import pytest

from shared.games.catalogue import CATALOGUE, Catalogue
from shared.games.dice import Dice
from shared.games.errors import (
    GAME_NOT_FOUND,
    INVALID_CLIENT_SEED,
    INVALID_PARAMS,
    INVALID_SERVER_SEED,
)
from shared.games.fairness import Draws, server_seed_hash
from shared.games.verification import verify_round
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Rejected

SEED = "ab" * 32
BET = {"target": 50, "over": False}


def test_an_outcome_is_the_first_draw_of_its_seeds_and_the_payout_of_its_stake() -> None:
    for nonce in range(30):
        payout_minor, outcome = CATALOGUE.outcome("dice", 9_600, 250, BET, SEED, "lucky", nonce)
        roll = Draws(SEED, "lucky", nonce).below(10_000)
        assert outcome == {"roll": roll, "win": roll < 5_000}
        assert payout_minor == (480 if roll < 5_000 else 0)


def test_the_outcome_does_not_depend_on_stake_or_rtp() -> None:
    outcomes = [
        CATALOGUE.outcome("dice", rtp_bps, stake_minor, BET, SEED, "lucky", 9)[1]
        for rtp_bps in (8_000, 9_900)
        for stake_minor in (1, 10**12)
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes)


@pytest.mark.parametrize("game_id", ["", "Dice", "roulette", "dice\n", "x" * 10_000])
def test_an_unknown_game_is_not_found(game_id: str) -> None:
    for call in (
        lambda: CATALOGUE.outcome(game_id, 9_600, 1, BET, SEED, "lucky", 0),
        lambda: CATALOGUE.describe(game_id, 9_600, 1, 2),
        lambda: CATALOGUE.check_params(game_id, BET),
        lambda: CATALOGUE.worst_case(game_id, 9_600, 1, 2),
    ):
        with pytest.raises(Rejected) as refused:
            call()
        assert refused.value.rejection.problem is GAME_NOT_FOUND
        assert len(refused.value.rejection.detail) < 200


def test_parameters_are_checked_before_anything_is_drawn() -> None:
    with pytest.raises(Rejected) as refused:
        CATALOGUE.outcome("dice", 9_600, 100, {"target": 1, "over": True}, SEED, "lucky", 0)
    assert refused.value.rejection.problem is INVALID_PARAMS


def test_the_description_has_what_the_contract_names() -> None:
    description = CATALOGUE.describe("dice", 9_600, 100, 1_000_000)
    assert description["game_id"] == description["kind"] == "dice"
    assert (description["rtp_target"], description["rtp_theoretical"]) == ("96.00", "95.06")
    assert (description["min_stake_minor"], description["max_stake_minor"]) == (100, 1_000_000)
    how: Any = description["rtp_how_determined"]
    assert set(how) == {"pt-BR", "en"}


def test_the_paytable_hash_is_that_of_its_canonical_json() -> None:
    description = CATALOGUE.describe("dice", 9_600, 100, 1_000_000)
    assert description["paytable_hash"] == sha256_hex(canonical_json(description["paytable"]))


def test_another_rtp_is_another_paytable() -> None:
    hashes = {
        CATALOGUE.describe("dice", rtp_bps, 100, 1_000)["paytable_hash"]
        for rtp_bps in (9_600, 9_601)
    }
    assert len(hashes) == 2


def test_a_reader_cannot_change_what_the_next_reader_sees() -> None:
    first: Any = CATALOGUE.describe("dice", 9_600, 100, 1_000)
    first["rtp_theoretical_at"]["params"]["target"] = 3
    first["rtp_how_determined"].clear()
    first["paytable"]["lines"].clear()
    second: Any = CATALOGUE.describe("dice", 9_600, 100, 1_000)
    assert second["rtp_theoretical_at"]["params"]["target"] != 3
    assert second["rtp_how_determined"]
    assert second["paytable"]["lines"]


def test_two_games_of_one_id_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        Catalogue((Dice(), Dice()))


def test_a_round_verifies_to_what_was_paid() -> None:
    payout_minor, outcome = CATALOGUE.outcome("dice", 9_633, 777, BET, SEED, "lucky", 4)
    verified = verify_round(
        CATALOGUE,
        game_id="dice",
        rtp_bps=9_633,
        params=BET,
        server_seed=SEED,
        client_seed="lucky",
        nonce=4,
        stake_minor=777,
    )
    assert verified.server_seed_hash == server_seed_hash(SEED)
    assert verified.outcome == outcome
    assert verified.payout_minor == payout_minor


def test_without_a_stake_verification_gives_the_exact_multiplier() -> None:
    nonce = next(n for n in range(99) if Draws(SEED, "lucky", n).below(10_000) < 5_000)
    verified = verify_round(
        CATALOGUE,
        game_id="dice",
        rtp_bps=9_633,
        params=BET,
        server_seed=SEED,
        client_seed="lucky",
        nonce=nonce,
    )
    assert verified.payout_minor is None
    assert (verified.multiplier_numerator, verified.multiplier_denominator) == (9_633, 5_000)
    assert verified.multiplier == "1.9266"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"server_seed": SEED.upper()}, INVALID_SERVER_SEED),
        ({"client_seed": "a:b"}, INVALID_CLIENT_SEED),
        ({"params": {"target": 50}}, INVALID_PARAMS),
        ({"game_id": "nope"}, GAME_NOT_FOUND),
    ],
)
def test_verification_names_the_input_that_cannot_be_of_a_round(
    changed: dict[str, Any], problem: object
) -> None:
    claim: dict[str, Any] = {
        "game_id": "dice",
        "rtp_bps": 9_600,
        "params": BET,
        "server_seed": SEED,
        "client_seed": "lucky",
        "nonce": 0,
    }
    with pytest.raises(Rejected) as refused:
        verify_round(CATALOGUE, **(claim | changed))
    assert refused.value.rejection.problem is problem
