"""Laws of the games: bounded payouts, truncation below one unit, symmetry, exact worst case."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.games.catalogue import CATALOGUE
from shared.games.dice import Dice, DiceParams
from shared.games.errors import INVALID_PARAMS
from shared.games.fairness import Draws, uniform_below
from shared.games.mathematics import nominal_rtp, theoretical_rtp, worst_case
from shared.kernel.errors import Rejected

DICE = Dice()

rtps = st.integers(8_000, 9_900)
stakes = st.integers(1, 10**12)
bets = st.builds(DiceParams, st.integers(2, 98), st.booleans())
seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)
client_seeds = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"),
    min_size=1,
    max_size=64,
)
nonces = st.integers(0, 2**40)


@given(rtps, stakes, bets)
def test_truncation_takes_less_than_one_minor_unit_of_a_win(
    rtp_bps: int, stake_minor: int, bet: DiceParams
) -> None:
    distribution = DICE.distribution(rtp_bps, bet)
    lost = nominal_rtp(distribution) - theoretical_rtp(distribution, stake_minor)
    assert 0 <= lost < Fraction(bet.target, 100) / stake_minor


@given(rtps, stakes, bets, seeds, client_seeds, nonces)
def test_a_payout_is_nothing_or_the_contracts_floor(
    rtp_bps: int, stake_minor: int, bet: DiceParams, seed: str, client_seed: str, nonce: int
) -> None:
    payout_minor, outcome = CATALOGUE.outcome(
        "dice", rtp_bps, stake_minor, DICE.params_json(bet), seed, client_seed, nonce
    )
    win_pays = stake_minor * rtp_bps // (bet.target * 100)
    assert payout_minor == (win_pays if outcome["win"] else 0)
    assert payout_minor < 2**53


@given(bets, seeds, client_seeds, nonces)
def test_the_two_sides_of_complementary_targets_split_every_roll(
    bet: DiceParams, seed: str, client_seed: str, nonce: int
) -> None:
    """Under 30 and over 70 are one bet and its complement: exactly one of them wins."""
    complement = DiceParams(100 - bet.target, not bet.over)
    wins = [
        DICE.play(9_600, side, Draws(seed, client_seed, nonce))[1]["win"]
        for side in (bet, complement)
    ]
    assert sorted(map(bool, wins)) == [False, True]


@given(st.integers(1, 2**32), st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_a_draw_is_the_first_fair_word_modulo_n(n: int, words: list[int]) -> None:
    fair = [word for word in words if word < 2**32 - 2**32 % n]
    queue = iter([*words, 0])
    assert uniform_below(n, lambda: next(queue)) == (fair[0] % n if fair else 0)


@settings(max_examples=15)
@given(rtps, st.integers(1, 300), st.integers(0, 60))
def test_no_bet_level_is_below_the_worst_case(rtp_bps: int, min_stake: int, width: int) -> None:
    worst = worst_case(DICE, rtp_bps, min_stake, min_stake + width)
    brute = min(
        Fraction(target * (stake * rtp_bps // (target * 100)), 100 * stake)
        for target in range(2, 99)
        for stake in range(min_stake, min_stake + width + 1)
    )
    assert worst.rtp == brute


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "target"), inner)
        ),
        max_leaves=5,
    )
)
def test_no_json_value_makes_reading_parameters_fail_otherwise_than_by_refusal(raw: object) -> None:
    """No object here has a `target`, so none of them is a bet."""
    with pytest.raises(Rejected) as refused:
        DICE.read_params(raw)
    assert refused.value.rejection.problem is INVALID_PARAMS
