"""What a log tells of a failure."""

import pytest

from shared.kernel.errors import InvariantBroken
from shared.kernel.failures import anonymous_trace


def _fail(failure: Exception) -> None:
    raise failure


def _told(failure: Exception) -> str:
    with pytest.raises(type(failure)) as caught:
        _fail(failure)
    return anonymous_trace(caught.value)


def test_a_failure_is_told_by_type_and_place_and_not_by_its_words() -> None:
    told = _told(ValueError("the CPF 529.982.247-25 is in this row"))
    assert told.startswith("ValueError at test_failures.py:")
    assert "529" not in told


def test_a_broken_law_is_named() -> None:
    told = _told(InvariantBroken("gapless", "player ana@example.com"))
    assert told.startswith("InvariantBroken (gapless) at ")
    assert "ana" not in told
