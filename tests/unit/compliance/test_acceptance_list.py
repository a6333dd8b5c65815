"""The acceptance list leads to tests that are there, and its page is that of the table."""

import acceptance
import pytest


def test_every_case_is_tried_by_tests_that_are_there_or_says_why_not() -> None:
    assert acceptance.faults(acceptance.cases()) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tests": ("tests/e2e/test_play.py::test_that_nobody_wrote",)}, "there is no"),
        ({"tests": ()}, "tests, or a note"),
        ({"where": "elsewhere"}, "is no place"),
        ({"where": "native"}, "the place is not that of its tests"),
    ],
)
def test_a_case_that_leads_nowhere_is_named(change: dict[str, object], fault: str) -> None:
    first = acceptance.cases()[0]
    broken = {name: getattr(first, name) for name in ("number", "asks", "where", "tests", "note")}
    assert any(
        fault in found for found in acceptance.faults((acceptance.Case(**(broken | change)),))
    )


def test_the_committed_page_is_that_of_the_table() -> None:
    assert acceptance.PAGE.read_text(encoding="utf-8") == acceptance.text()
