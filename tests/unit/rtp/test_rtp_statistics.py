"""Actual against theoretical RTP: exact sums and verdicts, an interval never too narrow."""

from decimal import Decimal
from fractions import Fraction

import pytest

from shared.games.catalogue import CATALOGUE
from shared.rtp.statistics import MIN_ROUNDS, RtpSums, compare


def sums(payouts_minor: int, *, rounds: int = 10_000, sigma: int = 100) -> RtpSums:
    """`rounds` of one real; expected 96 centavos each; the sum's standard error is `sigma`."""
    return RtpSums(
        rounds, rounds * 100, payouts_minor, Fraction(rounds * 96), Fraction(sigma * sigma)
    )


@pytest.mark.parametrize(
    ("deviation", "verdict"),
    [
        (0, "as_expected"),
        (196, "as_expected"),
        (197, "warn"),
        (-197, "warn"),
        (257, "warn"),
        (258, "alert"),
        (-258, "alert"),
    ],
)
def test_the_verdict_turns_exactly_at_196_and_258_hundredths_of_a_standard_error(
    deviation: int, verdict: str
) -> None:
    report = compare(sums(960_000 + deviation))
    assert report is not None
    assert report.verdict == verdict


def test_few_rounds_are_never_judged() -> None:
    report = compare(sums(0, rounds=MIN_ROUNDS - 1))
    assert report is not None
    assert report.verdict == "too_few_rounds"


def test_before_the_first_stake_there_is_nothing_to_compare() -> None:
    assert compare(RtpSums()) is None


def test_the_report_is_in_basis_points_and_the_interval_is_rounded_up() -> None:
    report = compare(sums(955_000, sigma=1_234))
    assert report is not None
    assert (report.actual_bps, report.expected_bps) == (9_550, 9_600)
    exact = Decimal("1.960") * 1_234 * 10_000 / 1_000_000
    assert report.half_width_bps - 1 < exact <= report.half_width_bps


def test_days_add_up_to_the_same_sums_as_their_rounds_one_by_one() -> None:
    rounds = [(100, 0), (250, 480), (100, 192), (333, 0), (999, 1_918)]
    days = [RtpSums(), RtpSums()]
    whole = RtpSums()
    for number, (stake_minor, payout_minor) in enumerate(rounds):
        mean, variance = CATALOGUE.payout_moments(
            "dice", 9_600, stake_minor, {"target": 50, "over": False}
        )
        for sums_at, day in ((None, whole), (number % 2, days[number % 2])):
            added = day.with_round(
                stake_minor=stake_minor,
                payout_minor=payout_minor,
                mean_minor=mean,
                variance_minor2=variance,
            )
            if sums_at is None:
                whole = added
            else:
                days[sums_at] = added
    assert days[0] + days[1] == whole
    assert whole.rounds == len(rounds)
    assert whole.payouts_minor == sum(payout for _, payout in rounds)


@pytest.mark.parametrize("rtp_promised", [9_600, 9_000])
def test_ten_thousand_real_rounds_match_their_own_paytable_and_no_other(rtp_promised: int) -> None:
    """Played at 96 %: judged against 96 % it is as expected, against 90 % it is an alert."""
    bet = {"target": 90, "over": True}
    total = RtpSums()
    mean, variance = CATALOGUE.payout_moments("dice", rtp_promised, 10_000, bet)
    payouts = [
        CATALOGUE.outcome("dice", 9_600, 10_000, bet, "5e" * 32, "statistics", nonce)[0]
        for nonce in range(10_000)
    ]
    total = RtpSums(10_000, 10**8, sum(payouts), 10_000 * mean, 10_000 * variance)
    report = compare(total)
    assert report is not None
    assert report.verdict == ("as_expected" if rtp_promised == 9_600 else "alert")
