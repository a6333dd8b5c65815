"""Money: integers of minor units in and out of decimal text, exactly."""

import pytest

from shared.kernel.money import MAX_AMOUNT_MINOR, format_major, is_amount_minor, parse_major


@pytest.mark.parametrize("value", [1, 100, MAX_AMOUNT_MINOR])
def test_a_positive_integer_up_to_the_ceiling_is_an_amount(value: int) -> None:
    assert is_amount_minor(value)


@pytest.mark.parametrize(
    "value", [0, -1, MAX_AMOUNT_MINOR + 1, 10**18, 1.0, 1e18, True, False, "1", None, [1]]
)
def test_anything_else_is_not_an_amount(value: object) -> None:
    assert not is_amount_minor(value)


def test_the_ceiling_leaves_room_below_the_largest_integer_of_the_runtime() -> None:
    assert MAX_AMOUNT_MINOR * 1_000 < 2**53


@pytest.mark.parametrize(
    ("minor", "major"),
    [(0, "0.00"), (1, "0.01"), (29, "0.29"), (1_050, "10.50"), (-5, "-0.05"), (-1_050, "-10.50")],
)
def test_minor_units_become_decimal_text(minor: int, major: str) -> None:
    assert format_major(minor) == major


@pytest.mark.parametrize(("major", "minor"), [("0.00", 0), ("0.29", 29), ("10.50", 1_050)])
def test_decimal_text_becomes_minor_units_without_a_float(major: str, minor: int) -> None:
    assert parse_major(major) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "10.",
        ".50",
        "10.5",
        "10.505",
        "-10.50",
        "+10.50",
        " 10.50",
        "10.50\n",
        "10,50",
        "1_0.50",
        "1e1.00",
        "١٠.٥٠",
        "10.5²",
        "10.50.00",
        "NaN",
    ],
)
def test_other_text_is_no_decimal_amount(text: str) -> None:
    with pytest.raises(ValueError, match="two places"):
        parse_major(text)
