"""Theoretical RTP of any game, exactly: rational arithmetic, truncation to the minor unit included.

The RTP of a bet is the expected payout divided by the stake. Truncation lowers it by less than
(probability of a paying outcome) ÷ stake, so the worst bet level is found among small stakes, and
the search below proves where it may stop. GLI-19 §4.7.1 and Portaria SPA/MF 1.207/2024 ask for the
minimum RTP at every bet level, not on average.
"""

from fractions import Fraction
from math import lcm

from shared.games.model import BetLevel, Distribution, Game


def nominal_rtp(distribution: Distribution) -> Fraction:
    """Expected multiplier before truncation: the limit of the RTP for large stakes."""
    return sum(
        (line.weight * line.multiplier.exact() for line in distribution.prospects), Fraction(0)
    ) / Fraction(distribution.total_weight)


def theoretical_rtp(distribution: Distribution, stake_minor: int) -> Fraction:
    """Expected payout ÷ stake, with every payout truncated to the minor unit."""
    return _expected_weighted(distribution, stake_minor, 1) / stake_minor


def payout_moments(distribution: Distribution, stake_minor: int) -> tuple[Fraction, Fraction]:
    """Mean (minor units) and variance (minor units squared) of the payout of one round."""
    mean = _expected_weighted(distribution, stake_minor, 1)
    return mean, _expected_weighted(distribution, stake_minor, 2) - mean * mean


def worst_case[Params](
    game: Game[Params], rtp_bps: int, min_stake_minor: int, max_stake_minor: int
) -> BetLevel:
    """The bet level with the lowest theoretical RTP over all legal bets and stakes.

    What truncation takes is periodic in the stake (period: the least common multiple of the
    multipliers' denominators) and then divided by it, so only one period from the smallest stake
    matters; and it is below hit rate ÷ stake, so a bet is done once even that is not worse.
    """
    assert 1 <= min_stake_minor <= max_stake_minor, (min_stake_minor, max_stake_minor)
    worst: BetLevel | None = None
    for bet in game.bets():
        distribution = game.distribution(rtp_bps, bet)
        nominal, hit_rate = nominal_rtp(distribution), _hit_rate(distribution)
        period = lcm(*(line.multiplier.exact().denominator for line in distribution.prospects))
        last = min(max_stake_minor, min_stake_minor + period - 1)
        for stake_minor in range(min_stake_minor, last + 1):
            if worst is not None and nominal - hit_rate / stake_minor >= worst.rtp:
                break
            rtp = theoretical_rtp(distribution, stake_minor)
            if worst is None or rtp < worst.rtp:
                worst = BetLevel(rtp, stake_minor, game.params_json(bet))
    assert worst is not None, f"{game.game_id} has no bets"
    return worst


def percent_text(rtp: Fraction) -> str:
    """`"95.06"`: percent with two decimals, truncated, so that it never promises more."""
    whole, part = divmod(rtp.numerator * 10_000 // rtp.denominator, 100)
    return f"{whole}.{part:02d}"


def _hit_rate(distribution: Distribution) -> Fraction:
    paying = sum(line.weight for line in distribution.prospects if line.multiplier.numerator)
    return Fraction(paying, distribution.total_weight)


def _expected_weighted(distribution: Distribution, stake_minor: int, power: int) -> Fraction:
    weighted = sum(
        line.weight * line.multiplier.payout_minor(stake_minor) ** power
        for line in distribution.prospects
    )
    return Fraction(weighted, distribution.total_weight)
