"""Each context lists every one of its problems, and no two problems share a code."""

from importlib import import_module

import pytest

from shared.kernel.errors import Problem

CONTEXTS = ["games", "rtp", "payments", "protection", "risk"]


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_problem_of_a_context_is_listed(context: str) -> None:
    errors = import_module(f"shared.{context}.errors")
    defined = {value for value in vars(errors).values() if isinstance(value, Problem)}
    assert set(errors.ALL_PROBLEMS) == defined
    assert len(errors.ALL_PROBLEMS) == len(defined)


@pytest.mark.parametrize("context", CONTEXTS)
def test_problems_have_a_stable_code_and_a_clients_status(context: str) -> None:
    for problem in import_module(f"shared.{context}.errors").ALL_PROBLEMS:
        assert problem.code.replace("_", "").isalpha()
        assert problem.code == problem.code.lower()
        assert 400 <= problem.status < 600
        assert problem.title


def test_codes_are_unique_across_the_contexts() -> None:
    codes = [
        problem.code
        for context in CONTEXTS
        for problem in import_module(f"shared.{context}.errors").ALL_PROBLEMS
    ]
    assert len(codes) == len(set(codes))
