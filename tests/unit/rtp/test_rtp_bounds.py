"""RTP as an operator sends it, and the bounds of platform and jurisdiction."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shared.games.catalogue import CATALOGUE
from shared.games.model import BetLevel
from shared.kernel.errors import InvariantBroken, Rejected
from shared.rtp.bounds import check_rtp, check_version, parse_rtp, percent_of_bps
from shared.rtp.errors import (
    INVALID_RTP,
    RTP_BELOW_FLOOR_AT_BET_LEVEL,
    RTP_OUT_OF_BOUNDS,
)


@pytest.mark.parametrize(
    ("percent", "rtp_bps"),
    [
        ("96.50", 9_650),
        ("96.5", 9_650),
        ("96", 9_600),
        ("0.01", 1),
        ("100", 10_000),
        (96, 9_600),
        (96.5, 9_650),
        (96.05, 9_605),
        (95.0, 9_500),
        (Decimal("96.50"), 9_650),
        (0.29, 29),
    ],
)
def test_a_percentage_with_up_to_two_decimals_is_basis_points(
    percent: object, rtp_bps: int
) -> None:
    assert parse_rtp(percent) == rtp_bps


def test_every_hundredth_of_a_percent_survives_json_exactly() -> None:
    for rtp_bps in range(8_000, 9_901):
        text = percent_of_bps(rtp_bps)
        assert parse_rtp(text) == rtp_bps
        assert parse_rtp(json.loads(text)) == rtp_bps


@pytest.mark.parametrize(
    "percent",
    [
        "",
        " 96",
        "96.",
        ".5",
        "+96",
        "-96",
        "96,5",
        "96.505",
        "9.6e1",
        "96%",
        "٩٦",
        "1000",
        "nan",
        96.505,
        -96,
        1e22,
        1e-5,
        float("nan"),
        float("inf"),
        True,
        None,
        [96],
        {"rtp": 96},
        Decimal("NaN"),
        10**400,
        pytest.param(10**5_000, id="more digits than Python turns into text"),
    ],
)
def test_anything_else_is_refused_and_never_rounded(percent: object) -> None:
    with pytest.raises(Rejected) as refused:
        parse_rtp(percent)
    assert refused.value.rejection.problem is INVALID_RTP


@pytest.mark.parametrize(
    ("jurisdiction", "rtp_bps"),
    [("br", 8_500), ("br", 9_900), ("mt", 8_500), ("gli", 8_000), ("uk", 8_000), ("uk", 9_900)],
)
def test_the_bounds_themselves_are_allowed(jurisdiction: str, rtp_bps: int) -> None:
    check_rtp(jurisdiction, rtp_bps)


@pytest.mark.parametrize(
    ("jurisdiction", "rtp_bps", "floor"),
    [
        ("br", 8_499, "85.00"),
        ("br", 8_000, "85.00"),
        ("br", 9_901, "85.00"),
        ("br", 10_000, "85.00"),
        ("mt", 8_499, "85.00"),
        ("gli", 7_999, "80.00"),
        ("uk", 7_999, "80.00"),
        ("uk", 0, "80.00"),
    ],
)
def test_outside_the_bounds_is_refused_with_the_bounds(
    jurisdiction: str, rtp_bps: int, floor: str
) -> None:
    with pytest.raises(Rejected) as refused:
        check_rtp(jurisdiction, rtp_bps)
    rejection = refused.value.rejection
    assert rejection.problem is RTP_OUT_OF_BOUNDS
    assert (rejection.extensions["floor"], rejection.extensions["ceiling"]) == (floor, "99.00")


def test_a_jurisdiction_without_a_profile_is_a_defect_of_the_house() -> None:
    with pytest.raises(InvariantBroken):
        check_rtp("xx", 9_600)


def test_the_house_version_of_dice_is_allowed_in_brazil() -> None:
    check_version("br", 9_600, CATALOGUE.worst_case("dice", 9_600, 100, 1_000_000))


def test_a_version_that_truncation_takes_below_the_floor_is_refused_with_the_bet_level() -> None:
    """85.00 % at a minimum stake of R$ 1.00 returns 84.11 % at R$ 1.05 on a chance of 96 %."""
    worst = CATALOGUE.worst_case("dice", 8_500, 100, 1_000_000)
    with pytest.raises(Rejected) as refused:
        check_version("br", 8_500, worst)
    rejection = refused.value.rejection
    assert rejection.problem is RTP_BELOW_FLOOR_AT_BET_LEVEL
    assert rejection.extensions["rtp_at_bet_level"] == "84.11"
    assert rejection.extensions["stake_minor"] == 105
    params: Any = rejection.extensions["params"]
    assert params["target"] == 96


def test_a_minimum_stake_of_one_centavo_is_refused_at_any_rtp() -> None:
    with pytest.raises(Rejected) as refused:
        check_version("br", 9_900, CATALOGUE.worst_case("dice", 9_900, 1, 100))
    assert refused.value.rejection.problem is RTP_BELOW_FLOOR_AT_BET_LEVEL


def test_the_target_is_judged_before_the_bet_levels() -> None:
    with pytest.raises(Rejected) as refused:
        check_version("br", 8_000, BetLevel(Fraction(0), 1, {}))
    assert refused.value.rejection.problem is RTP_OUT_OF_BOUNDS


def test_exactly_the_floor_at_the_worst_bet_level_is_allowed() -> None:
    check_version("br", 9_600, BetLevel(Fraction(85, 100), 1, {}))
    with pytest.raises(Rejected):
        check_version("br", 9_600, BetLevel(Fraction(85, 100) - Fraction(1, 10**9), 1, {}))
