"""Errors: a rejection carries its problem, a broken invariant its law."""

import pytest

from shared.kernel.errors import AcmeError, InvariantBroken, Problem, Rejected

PROBLEM = Problem("no_way", 409, "No way", "after")


def test_a_rejection_carries_problem_sentence_and_extensions() -> None:
    with pytest.raises(AcmeError) as refused:
        raise Rejected(PROBLEM, "Not today.", retry_after=60)
    assert isinstance(refused.value, Rejected)
    rejection = refused.value.rejection
    assert (rejection.problem, rejection.detail) == (PROBLEM, "Not today.")
    assert rejection.extensions == {"retry_after": 60}
    assert str(refused.value) == "no_way: Not today."


def test_a_broken_invariant_is_not_a_rejection() -> None:
    with pytest.raises(AcmeError) as broken:
        raise InvariantBroken("chain", "seq 7")
    assert not isinstance(broken.value, Rejected)
    assert isinstance(broken.value, InvariantBroken)
    assert (broken.value.law, broken.value.detail) == ("chain", "seq 7")
