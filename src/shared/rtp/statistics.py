"""Is the actual RTP of a version the one its paytable promises? Exact sums, no float.

Every settled round adds its stake and payout and, from the paytable, the mean and variance that its
payout had; rounds are independent, so both add up. The deviation in standard errors is then
(payouts - expected) ÷ √variance, compared by squares. GLI-19 A.6.1(d): compare periodically,
investigate large variances; 1.96 (5 %) warns, 2.576 (1 %) alerts, from 10,000 rounds on.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Final, Literal

from shared.rtp.model import BPS

MIN_ROUNDS: Final = 10_000
Z_WARN: Final = Fraction(1_960, 1_000)
Z_ALERT: Final = Fraction(2_576, 1_000)

Verdict = Literal["too_few_rounds", "as_expected", "warn", "alert"]


@dataclass(frozen=True, slots=True)
class RtpSums:
    """Sums over settled rounds of one game version in one currency; all in its minor units."""

    rounds: int = 0
    stakes_minor: int = 0
    payouts_minor: int = 0
    expected_minor: Fraction = Fraction(0)
    variance_minor2: Fraction = Fraction(0)

    def with_round(
        self,
        *,
        stake_minor: int,
        payout_minor: int,
        mean_minor: Fraction,
        variance_minor2: Fraction,
    ) -> "RtpSums":
        """The sums with one more round."""
        return self + RtpSums(1, stake_minor, payout_minor, mean_minor, variance_minor2)

    def __add__(self, other: "RtpSums") -> "RtpSums":
        """Sums of two disjoint sets of rounds, as days add up to a month."""
        return RtpSums(
            self.rounds + other.rounds,
            self.stakes_minor + other.stakes_minor,
            self.payouts_minor + other.payouts_minor,
            self.expected_minor + other.expected_minor,
            self.variance_minor2 + other.variance_minor2,
        )


@dataclass(frozen=True, slots=True)
class RtpReport:
    """Actual against theoretical RTP; the half width is that of the 95 % interval, rounded up."""

    rounds: int
    actual_bps: int
    expected_bps: int
    half_width_bps: int
    verdict: Verdict


def compare(sums: RtpSums) -> RtpReport | None:
    """The comparison, or None before the first stake."""
    if sums.stakes_minor == 0:
        return None
    scale = Fraction(BPS, sums.stakes_minor)
    squared = sums.variance_minor2 * (Z_WARN * scale) ** 2
    half_width = isqrt(squared.numerator // squared.denominator)
    if half_width**2 < squared:
        half_width += 1
    return RtpReport(
        rounds=sums.rounds,
        actual_bps=int(sums.payouts_minor * scale),
        expected_bps=int(sums.expected_minor * scale),
        half_width_bps=half_width,
        verdict=_verdict(sums),
    )


def _verdict(sums: RtpSums) -> Verdict:
    if sums.rounds < MIN_ROUNDS:
        return "too_few_rounds"
    squared_deviation = (sums.payouts_minor - sums.expected_minor) ** 2
    if squared_deviation > Z_ALERT**2 * sums.variance_minor2:
        return "alert"
    if squared_deviation > Z_WARN**2 * sums.variance_minor2:
        return "warn"
    return "as_expected"
