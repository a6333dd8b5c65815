"""Dice: its parameters, its rule of winning and its payouts, as the contract states them."""

from collections import UserDict
from typing import Any

import pytest

from shared.games.catalogue import CATALOGUE
from shared.games.dice import Dice, DiceParams
from shared.games.errors import INVALID_PARAMS
from shared.games.model import Multiplier
from shared.kernel.errors import Rejected

DICE = Dice()


class Rolls:
    """Draws that roll what the test says."""

    def __init__(self, roll: int) -> None:
        self.roll = roll

    def below(self, n: int) -> int:
        assert n == 10_000
        return self.roll


def play(roll: int, target: int, *, over: bool, rtp_bps: int = 9_600) -> tuple[Multiplier, Any]:
    return DICE.play(rtp_bps, DiceParams(target, over), Rolls(roll))


@pytest.mark.parametrize(
    ("roll", "target", "over", "win"),
    [
        (0, 2, False, True),
        (199, 2, False, True),
        (200, 2, False, False),
        (9_999, 2, False, False),
        (9_799, 2, True, False),
        (9_800, 2, True, True),
        (9_999, 2, True, True),
        (4_999, 50, False, True),
        (5_000, 50, False, False),
        (4_999, 50, True, False),
        (5_000, 50, True, True),
        (9_799, 98, False, True),
        (9_800, 98, False, False),
        (199, 98, True, False),
        (200, 98, True, True),
    ],
)
def test_a_roll_wins_on_the_chosen_side_of_the_target(
    roll: int, target: int, over: bool, win: bool
) -> None:
    multiplier, outcome = play(roll, target, over=over)
    assert outcome == {"roll": roll, "win": win}
    assert (multiplier.numerator > 0) is win


@pytest.mark.parametrize("target", [2, 49, 50, 98])
@pytest.mark.parametrize("over", [False, True])
def test_the_target_is_the_winning_chance_in_percent(target: int, over: bool) -> None:
    wins = sum(bool(play(roll, target, over=over)[1]["win"]) for roll in range(10_000))
    assert wins == target * 100


@pytest.mark.parametrize(
    ("stake_minor", "target", "rtp_bps", "payout_minor"),
    [
        (100, 50, 9_600, 192),
        (100, 98, 9_600, 97),
        (1, 98, 9_600, 0),
        (1, 2, 9_600, 48),
        (1_000_000, 2, 9_900, 49_500_000),
        (333, 33, 9_600, 968),
        (10**12, 2, 9_900, 495 * 10**11),
    ],
)
def test_a_win_pays_the_contracts_floor(
    stake_minor: int, target: int, rtp_bps: int, payout_minor: int
) -> None:
    multiplier, _ = play(0, target, over=False, rtp_bps=rtp_bps)
    assert multiplier.payout_minor(stake_minor) == payout_minor


def test_a_loss_pays_nothing() -> None:
    multiplier, _ = play(9_999, 50, over=False)
    assert multiplier.payout_minor(10**12) == 0


@pytest.mark.parametrize("target", [2, 50, 98])
def test_a_mapping_with_target_and_side_is_a_bet(target: int) -> None:
    assert DICE.read_params({"target": target, "over": True}) == DiceParams(target, over=True)
    assert DICE.read_params(UserDict(target=target, over=False)) == DiceParams(target, over=False)


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({}, ["target", "over"]),
        ({"target": 50}, ["over"]),
        ({"over": True}, ["target"]),
        ({"target": 1, "over": True}, ["target"]),
        ({"target": 99, "over": True}, ["target"]),
        ({"target": -50, "over": True}, ["target"]),
        ({"target": 50.0, "over": True}, ["target"]),
        ({"target": "50", "over": True}, ["target"]),
        ({"target": True, "over": True}, ["target"]),
        ({"target": None, "over": None}, ["target", "over"]),
        ({"target": 10**400, "over": True}, ["target"]),
        ({"target": 50, "over": 1}, ["over"]),
        ({"target": 50, "over": "true"}, ["over"]),
        ({"target": 50, "over": True, "rtp_bps": 9_900}, ["rtp_bps"]),
        ({"target": [50], "over": {}}, ["target", "over"]),
    ],
)
def test_anything_but_a_bet_is_refused_with_every_wrong_field(
    raw: dict[str, Any], wrong: list[str]
) -> None:
    with pytest.raises(Rejected) as refused:
        DICE.read_params(raw)
    rejection = refused.value.rejection
    assert rejection.problem is INVALID_PARAMS
    faults: Any = rejection.extensions["errors"]
    assert [fault["loc"] for fault in faults] == [["body", "params", name] for name in wrong]


@pytest.mark.parametrize("raw", [None, 50, "target", [], [50, True], True, 1.5])
def test_a_value_that_is_no_object_is_no_bet(raw: object) -> None:
    with pytest.raises(Rejected) as refused:
        DICE.read_params(raw)
    assert refused.value.rejection.problem is INVALID_PARAMS


def test_a_flood_of_unknown_fields_makes_a_short_answer() -> None:
    raw = {"target": 50, "over": True} | {f"{'x' * 1_000}{number}": 0 for number in range(100)}
    with pytest.raises(Rejected) as refused:
        DICE.read_params(raw)
    assert len(str(refused.value.rejection.extensions["errors"])) < 2_000


def test_every_bet_of_the_list_is_read_back_from_its_json() -> None:
    bets = list(DICE.bets())
    assert len(bets) == len(set(bets)) == 97 * 2
    assert [DICE.read_params(DICE.params_json(bet)) for bet in bets] == bets


def test_the_paytable_shows_each_chance_with_a_multiplier_that_is_never_too_high() -> None:
    lines: Any = DICE.paytable(9_633)["lines"]
    assert [line["target"] for line in lines] == list(range(2, 99))
    for line in lines:
        whole, decimals = line["multiplier"].split(".")
        shown = int(whole) * 10_000 + int(decimals)
        exact_times_chance = 9_633 * 10_000
        assert shown * line["target"] * 100 <= exact_times_chance
        assert (shown + 1) * line["target"] * 100 > exact_times_chance


def test_the_schema_states_the_bounds_that_are_enforced() -> None:
    schema: Any = CATALOGUE.describe("dice", 9_600, 100, 1_000)["params_schema"]
    target = schema["properties"]["target"]
    assert (target["minimum"], target["maximum"]) == (2, 98)
    assert schema["required"] == ["target", "over"]
    assert schema["additionalProperties"] is False
