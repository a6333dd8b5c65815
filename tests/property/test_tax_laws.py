"""Revenue is split to the centavo, whatever the amount and the year."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.compliance.model import PROFILES, profile_at
from shared.compliance.rules import in_force
from shared.compliance.taxes import apportion, inspection_fee, split_destinations, split_ggr

AMOUNTS = st.integers(min_value=0, max_value=10**15)
YEARS = st.sampled_from([2025, 2026, 2027, 2028, 2035])
BR = PROFILES["br"][-1]


@given(AMOUNTS, st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any))
def test_parts_add_up_and_none_is_a_centavo_off(whole: int, weights: list[int]) -> None:
    parts = apportion(whole, tuple(weights))
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(whole * weight, sum(weights))) < 1


@given(AMOUNTS, YEARS)
def test_the_revenue_of_any_year_adds_up_and_the_destinations_too(ggr: int, year: int) -> None:
    split = profile_at("br", date(year, 6, 30)).ggr_split
    assert split is not None
    parts = split_ggr(ggr, split)
    assert parts.operator_minor + parts.social_security_minor + parts.destinations_minor == ggr
    destinations = in_force(BR.destinations, date(year, 6, 30))
    assert destinations is not None
    shares = split_destinations(parts.destinations_minor, destinations.value)
    assert sum(shares.values()) == parts.destinations_minor


@pytest.mark.parametrize(
    ("year", "parts"),
    [
        (2025, (88_000_000, 0, 12_000_000)),
        (2026, (87_000_000, 1_000_000, 12_000_000)),
        (2027, (86_000_000, 2_000_000, 12_000_000)),
        (2028, (85_000_000, 3_000_000, 12_000_000)),
    ],
)
def test_a_million_reais_are_split_as_the_law_says(year: int, parts: tuple[int, int, int]) -> None:
    split = profile_at("br", date(year, 1, 1)).ggr_split
    assert split is not None
    found = split_ggr(100_000_000, split)
    assert (
        found.operator_minor,
        found.social_security_minor,
        found.destinations_minor,
    ) == parts


@given(st.integers(max_value=0, min_value=-(10**12)))
def test_a_loss_is_the_operators_alone(ggr: int) -> None:
    split = profile_at("br", date(2026, 1, 1)).ggr_split
    assert split is not None
    parts = split_ggr(ggr, split)
    assert (parts.operator_minor, parts.social_security_minor, parts.destinations_minor) == (
        ggr,
        0,
        0,
    )


def test_the_fee_changes_right_above_the_end_of_a_band() -> None:
    fee = BR.inspection_fee[-1].value
    ends = [end for end, _ in fee.bands if end is not None]
    assert inspection_fee(0, fee) == 5_441_956
    for number, end in enumerate(ends):
        assert inspection_fee(end, fee) == fee.bands[number][1]
        assert inspection_fee(end + 1, fee) == fee.bands[number + 1][1]
    assert inspection_fee(10**15, fee) == 194_400_000
