"""Theoretical RTP: exact, with truncation, against sums over every roll."""

from fractions import Fraction

import pytest

from shared.games.dice import Dice, DiceParams
from shared.games.mathematics import (
    nominal_rtp,
    payout_moments,
    percent_text,
    theoretical_rtp,
    worst_case,
)
from shared.games.model import Distribution, Multiplier, Prospect

DICE = Dice()


class Rolls:
    def __init__(self, roll: int) -> None:
        self.roll = roll

    def below(self, n: int) -> int:
        return self.roll


@pytest.mark.parametrize(("target", "over"), [(2, False), (33, True), (97, False), (98, True)])
@pytest.mark.parametrize("stake_minor", [1, 7, 100, 999])
def test_mean_and_variance_are_those_of_playing_every_roll_once(
    target: int, over: bool, stake_minor: int
) -> None:
    bet = DiceParams(target, over)
    payouts = [
        DICE.play(9_633, bet, Rolls(roll))[0].payout_minor(stake_minor) for roll in range(10_000)
    ]
    mean = Fraction(sum(payouts), 10_000)
    variance = Fraction(sum(payout**2 for payout in payouts), 10_000) - mean**2

    distribution = DICE.distribution(9_633, bet)
    assert payout_moments(distribution, stake_minor) == (mean, variance)
    assert theoretical_rtp(distribution, stake_minor) == mean / stake_minor


@pytest.mark.parametrize("rtp_bps", [8_000, 9_600, 9_633, 9_900])
def test_before_truncation_every_bet_on_dice_returns_the_rtp_of_the_version(rtp_bps: int) -> None:
    returns = {nominal_rtp(DICE.distribution(rtp_bps, bet)) for bet in DICE.bets()}
    assert returns == {Fraction(rtp_bps, 10_000)}


@pytest.mark.parametrize(
    ("rtp_bps", "min_stake", "max_stake"),
    [(9_600, 100, 400), (9_633, 100, 400), (8_500, 1, 60), (9_900, 37, 38), (8_000, 50, 50)],
)
def test_the_worst_case_is_the_minimum_over_every_bet_and_stake(
    rtp_bps: int, min_stake: int, max_stake: int
) -> None:
    brute = min(
        theoretical_rtp(DICE.distribution(rtp_bps, DiceParams(target, over=False)), stake_minor)
        for target in range(2, 99)
        for stake_minor in range(min_stake, max_stake + 1)
    )
    worst = worst_case(DICE, rtp_bps, min_stake, max_stake)
    assert worst.rtp == brute
    assert min_stake <= worst.stake_minor <= max_stake
    bet = DICE.read_params(worst.params)
    assert theoretical_rtp(DICE.distribution(rtp_bps, bet), worst.stake_minor) == brute


def test_a_wider_range_of_stakes_never_has_a_better_worst_case() -> None:
    narrow = worst_case(DICE, 9_600, 100, 200)
    assert worst_case(DICE, 9_600, 100, 1_000_000).rtp <= narrow.rtp
    assert worst_case(DICE, 9_600, 50, 200).rtp <= narrow.rtp


def test_the_house_version_of_dice_keeps_95_percent_at_every_bet_level() -> None:
    worst = worst_case(DICE, 9_600, 100, 1_000_000)
    assert worst.rtp == Fraction(9_506, 10_000)
    assert (worst.stake_minor, worst.params["target"]) == (100, 97)


def test_the_smallest_coin_pays_back_nothing_at_all() -> None:
    """Why every bet level is checked: 96 % on paper is 0 % for a stake of one centavo."""
    assert worst_case(DICE, 9_600, 1, 1_000_000).rtp == 0


def test_a_game_that_never_truncates_has_its_nominal_rtp_as_the_worst_case() -> None:
    class Coin(Dice):
        def distribution(self, rtp_bps: int, params: DiceParams) -> Distribution:
            return Distribution(4, (Prospect(1, Multiplier(3, 1)), Prospect(3, Multiplier(0, 1))))

    assert worst_case(Coin(), 7_500, 1, 10**12).rtp == Fraction(3, 4)


def test_weights_that_do_not_add_up_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        Distribution(10, (Prospect(9, Multiplier(1, 1)),))


def test_percent_text_never_promises_more_than_the_rtp() -> None:
    assert percent_text(Fraction(95_069, 100_000)) == "95.06"
    assert percent_text(Fraction(1, 1)) == "100.00"
    assert percent_text(Fraction(0)) == "0.00"
    assert percent_text(Fraction(1, 10_001)) == "0.00"
