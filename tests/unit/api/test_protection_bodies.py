"""The ways in which a client may say a limit and a term, and which of them say nothing."""

import pytest
from pydantic import ValidationError
from views.protection import ExclusionBody, LimitBody, OperatorExclusionBody, PauseBody

from shared.compliance.terms import Term


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ('{"amount_minor": 5000}', "loss", 5_000),
        ('{"amount_minor": 5000, "currency": "BRL"}', "deposit", 5_000),
        ('{"limit_minor": 5000}', "wager", 5_000),
        ('{"value": 5000}', "loss", 5_000),
        ('{"limit": 5000}', "loss", 5_000),
        ('{"minutes": 90}', "time", 90),
        ('{"value": 90}', "time", 90),
        ('{"bets": 10}', "bet_count", 10),
        ('{"count": 10}', "bet_count", 10),
        ('{"bet_count": 10}', "bet_count", 10),
        ('{"value": null}', "loss", None),
        ('{"minutes": null}', "time", None),
        ('{"amount_minor": 0}', "loss", 0),
    ],
)
def test_a_limit_is_one_number_in_the_unit_of_its_kind(
    said: str, kind: str, value: int | None
) -> None:
    assert LimitBody.model_validate_json(said).value_of(kind) == value


@pytest.mark.parametrize(
    "said",
    [
        "{}",
        '{"amount_minor": 1, "value": 1}',
        '{"amount_minor": 1, "minutes": null}',
        '{"amount_minor": "100"}',
        '{"amount_minor": 10.5}',
        '{"amount_minor": true}',
        '{"amount_minor": -1}',
        '{"minutes": 44641}',
        '{"value": 1, "operator": true}',
    ],
)
def test_two_numbers_no_number_and_what_is_none_are_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        LimitBody.model_validate_json(said)


@pytest.mark.parametrize(
    ("said", "kind"),
    [('{"minutes": 5}', "loss"), ('{"amount_minor": 5}', "time"), ('{"bets": 5}', "wager")],
)
def test_the_unit_of_another_kind_is_no_limit_of_this_one(said: str, kind: str) -> None:
    with pytest.raises(ValueError, match="is given in"):
        LimitBody.model_validate_json(said).value_of(kind)


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("{}", None),
        ('{"hours": 24}', Term(minutes=1_440)),
        ('{"duration_hours": 2}', Term(minutes=120)),
        ('{"minutes": 90}', Term(minutes=90)),
        ('{"days": 7}', Term(days=7)),
        ('{"until": "2027-01-01T00:00:00Z"}', Term(until_ms=1_798_761_600_000)),
        ('{"ends_at": "2026-12-31T21:00:00-03:00"}', Term(until_ms=1_798_761_600_000)),
    ],
)
def test_a_pause_says_its_length_or_its_end_or_leaves_it_to_the_house(
    said: str, term: Term | None
) -> None:
    assert PauseBody.model_validate_json(said).to_term() == term


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ('{"days": 30}', Term(days=30)),
        ('{"months": 6}', Term(months=6)),
        ('{"years": 1}', Term(months=12)),
        ('{"indefinite": true}', Term(indefinite=True)),
        ('{"permanent": true}', Term(indefinite=True)),
        ('{"until": "2027-01-01T00:00:00.000Z"}', Term(until_ms=1_798_761_600_000)),
        ('{"months": 6, "indefinite": false}', Term(months=6)),
    ],
)
def test_an_exclusion_says_exactly_one_term(said: str, term: Term) -> None:
    assert ExclusionBody.model_validate_json(said).to_term() == term


@pytest.mark.parametrize(
    "said",
    [
        "{}",
        '{"indefinite": false}',
        '{"days": 30, "months": 1}',
        '{"days": 30, "indefinite": true}',
        '{"days": 0}',
        '{"until": "tomorrow"}',
        '{"until": "2027-01-01T00:00:00"}',
    ],
)
def test_an_exclusion_without_one_clear_term_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        ExclusionBody.model_validate_json(said)


def test_the_desk_gives_a_reason() -> None:
    with pytest.raises(ValidationError):
        OperatorExclusionBody.model_validate_json('{"days": 30}')
    with_reason = '{"days": 30, "reason": "asked for by phone"}'
    assert OperatorExclusionBody.model_validate_json(with_reason).to_term() == Term(days=30)
