"""Values: what is frozen here, and that a changed copy is what `dataclasses.replace` makes."""

from dataclasses import FrozenInstanceError, replace

import pytest

from shared.kernel.values import altered, value


@value
class Pair:
    left: int
    right: str = "r"


def test_a_value_refuses_to_be_changed_outside_the_workers_runtime() -> None:
    pair = Pair(1)
    with pytest.raises(FrozenInstanceError):
        pair.left = 2  # type: ignore[misc]  # what the type checker refuses everywhere


def test_values_are_equal_and_hashed_by_their_fields() -> None:
    assert {Pair(1), Pair(1, "r")} == {Pair(1)}


def test_an_altered_value_is_a_new_one_with_the_named_fields_changed() -> None:
    pair = Pair(1)
    assert altered(pair, right="s") == replace(pair, right="s")
    assert pair == Pair(1, "r")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(KeyError, match="middle"):
        altered(Pair(1), middle=2)
