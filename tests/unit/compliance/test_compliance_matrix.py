"""The matrix names every rule, and what it names is there."""

from dataclasses import replace

import compliance_matrix as matrix
import pytest


def test_every_rule_has_a_row_and_every_reference_leads_somewhere() -> None:
    assert matrix.faults(matrix.duties()) == []


def test_the_committed_page_is_that_of_the_table_and_the_profiles() -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.text()


def test_the_page_shows_what_is_off_and_what_is_missing() -> None:
    page = matrix.text()
    pace = next(line for line in page.splitlines() if line.startswith("| BR-WATCH-01 "))
    assert pace.endswith("| off |")
    assert "off: the rule has no date" in pace
    for duty in matrix.duties():
        assert f"| {duty.rule} |" in page


SOUND = matrix.Duty(
    group="Brazil",
    rule="BR-KYC-03",
    asks="CPF check digits",
    status="enforced",
    code=("src/shared/identity/cpf.py::normalise_cpf",),
    tests=("tests/unit/identity/test_cpf.py",),
    source="Receita Federal",
)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"code": ()}, "enforced by no code"),
        ({"tests": ()}, "shown by no test"),
        ({"status": "partly"}, "say what is missing"),
        ({"status": "certified"}, "is no status"),
        ({"source": ""}, "the source"),
        ({"code": ("src/shared/identity/cpf.py::no_such_name",)}, "there is no"),
        ({"tests": ("tests/unit/identity/test_gone.py",)}, "there is no"),
    ],
)
def test_each_kind_of_untruth_is_found(changes: dict[str, object], fault: str) -> None:
    false = replace(SOUND, **changes)  # type: ignore[arg-type]
    assert any(
        found.startswith("BR-KYC-03") and fault in found for found in matrix.faults((false,))
    )
    assert not any(found.startswith("BR-KYC-03") for found in matrix.faults((SOUND,)))
    assert "BR-KYC-03: it has two rows" in matrix.faults((SOUND, SOUND))
