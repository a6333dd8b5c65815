"""What a birth date that somebody read on a document does to an approval, now and later."""

from dataclasses import replace
from datetime import date

import pytest

from shared.compliance.age import Age, Reader, Reading, check_age, open_underage
from shared.compliance.errors import KYC_BIRTH_DATE_DIFFERS, KYC_UNDERAGE
from shared.kernel.errors import Problem, Rejected

TODAY = date(2026, 11, 22)
BORN = date(1990, 5, 17)
YOUNG = date(2010, 1, 1)


def read(
    born: date, read_at: int, *, by: Reader = "provider", counts: bool = True, source: str = ""
) -> Reading:
    """Of a document that was sent when it was read."""
    return Reading(source or f"{by}-{read_at}", born, by, read_at, read_at if counts else None)


def age(*readings: Reading, declared: date = BORN) -> Age:
    return Age(declared, readings, 18, TODAY)


def refusal(person: Age, *, is_settled: bool = False) -> Problem | None:
    try:
        check_age(person, is_settled=is_settled)
    except Rejected as refused:
        return refused.rejection.problem
    return None


def test_nothing_read_and_the_registered_date_read_are_no_hindrance() -> None:
    assert refusal(age()) is None
    assert refusal(age(read(BORN, 1), read(BORN, 2, by="analyst"))) is None


@pytest.mark.parametrize("by", ["provider", "analyst"])
@pytest.mark.parametrize("counts", [True, False])
def test_a_date_under_age_refuses_whatever_became_of_the_document(by: Reader, counts: bool) -> None:
    person = age(read(YOUNG, 1, by=by, counts=counts), read(BORN, 2))
    assert refusal(person) is KYC_UNDERAGE


def test_another_date_refuses_while_its_document_counts() -> None:
    other = date(1991, 5, 17)
    assert refusal(age(read(other, 1))) is KYC_BIRTH_DATE_DIFFERS
    assert refusal(age(read(other, 1, counts=False))) is None


def test_an_analyst_may_correct_another_date_but_not_one_under_age() -> None:
    other = read(date(1991, 5, 17), 1, by="analyst")
    right = read(BORN, 2, by="analyst")
    assert refusal(age(other)) is KYC_BIRTH_DATE_DIFFERS
    assert refusal(age(other, right)) is None
    assert refusal(age(replace(other, born=YOUNG), right)) is KYC_UNDERAGE


@pytest.mark.parametrize(
    ("young", "better", "is_enough"),
    [
        (read(YOUNG, 1, counts=False), read(BORN, 2), True),
        (read(YOUNG, 1), read(BORN, 2), False),  # its document still counts
        (read(YOUNG, 2, counts=False), read(BORN, 1), False),  # not newer
        (read(YOUNG, 1, counts=False), read(BORN, 1), False),
        (read(YOUNG, 1, counts=False), read(BORN, 2, counts=False), False),
        (read(YOUNG, 1, counts=False), read(date(1991, 5, 17), 2), False),
        (read(YOUNG, 1, counts=False), read(BORN, 2, by="analyst"), False),
        (read(YOUNG, 1, by="analyst", counts=False), read(BORN, 2, by="analyst"), True),
        (read(YOUNG, 1, by="analyst", counts=False), read(BORN, 2), True),
    ],
)
def test_two_people_settle_a_date_under_age_on_a_better_reading(
    young: Reading, better: Reading, is_enough: bool
) -> None:
    person = age(young, better)
    assert refusal(person) is KYC_UNDERAGE
    assert (refusal(person, is_settled=True) is None) is is_enough


def test_every_date_under_age_must_be_outweighed() -> None:
    first, later = (read(YOUNG, at, counts=False) for at in (1, 3))
    assert refusal(age(first, later, read(BORN, 2)), is_settled=True) is KYC_UNDERAGE
    assert refusal(age(first, later, read(BORN, 4)), is_settled=True) is None


def test_what_is_settled_stays_settled_and_nothing_else_is() -> None:
    person = replace(
        age(read(YOUNG, 1, counts=False, source="a"), read(BORN, 2)), settled=frozenset({"a"})
    )
    assert open_underage(person) == ()
    assert refusal(person) is None
    again = read(YOUNG, 3, counts=False, source="b")
    assert refusal(replace(person, readings=(*person.readings, again))) is KYC_UNDERAGE


def test_a_registered_date_under_age_is_never_settled() -> None:
    person = age(read(YOUNG, 1, counts=False), read(YOUNG, 2), declared=YOUNG)
    assert refusal(person, is_settled=True) is KYC_UNDERAGE
    assert refusal(age(declared=YOUNG), is_settled=True) is KYC_UNDERAGE
