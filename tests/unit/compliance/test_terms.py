"""Terms of pauses and self-exclusions: what a profile offers, counted to the millisecond."""

from datetime import UTC, datetime

import pytest

from shared.compliance.errors import EXCLUSION_TERM_NOT_OFFERED, PAUSE_TERM_NOT_OFFERED
from shared.compliance.model import PROFILES, profile_now
from shared.compliance.rules import Exclusion
from shared.compliance.terms import Term, exclusion_until, offer_of, pause_until
from shared.kernel.errors import Problem, Rejected
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SAO_PAULO_OFFSET_MS

NOW = int(datetime(2027, 1, 31, 12, tzinfo=UTC).timestamp() * 1000)
"""The last day of January, noon in UTC and nine in São Paulo."""


def terms_of(code: str) -> Exclusion:
    terms = profile_now(code, NOW).exclusion
    assert terms is not None
    return terms


BR = terms_of("br")
UK = terms_of("uk")


def pause(term: Term, now_ms: int = NOW) -> int:
    return pause_until(term, BR, SAO_PAULO_OFFSET_MS, now_ms)


def exclude(term: Term, terms: Exclusion = BR, now_ms: int = NOW) -> int | None:
    return exclusion_until(term, terms, SAO_PAULO_OFFSET_MS, now_ms)


def refused(problem: Problem, work: object) -> None:
    assert callable(work)
    with pytest.raises(Rejected) as caught:
        work()
    assert caught.value.rejection.problem is problem


@pytest.mark.parametrize(
    ("term", "lasts_ms"),
    [
        (Term(minutes=60), HOUR_MS),
        (Term(minutes=24 * 60), DAY_MS),
        (Term(days=7), 7 * DAY_MS),
        (Term(days=30), 30 * DAY_MS),
        (Term(until_ms=NOW + 3 * DAY_MS), 3 * DAY_MS),
    ],
)
def test_a_pause_ends_when_it_was_asked_to(term: Term, lasts_ms: int) -> None:
    assert pause(term) == NOW + lasts_ms


@pytest.mark.parametrize(
    "term",
    [
        Term(minutes=58),
        Term(days=31),
        Term(until_ms=NOW - 1),
        Term(months=2),
        Term(indefinite=True),
    ],
)
def test_a_pause_that_is_too_short_too_long_or_endless_is_not_on_offer(term: Term) -> None:
    refused(PAUSE_TERM_NOT_OFFERED, lambda: pause(term))


def test_a_self_exclusion_has_the_terms_of_its_profile() -> None:
    assert exclude(Term(days=30)) == NOW + 30 * DAY_MS
    assert exclude(Term(days=365)) == NOW + 365 * DAY_MS
    assert exclude(Term(indefinite=True)) is None
    for term in (Term(days=29), Term(days=366), Term(months=13), Term(minutes=60), Term(months=0)):
        refused(EXCLUSION_TERM_NOT_OFFERED, lambda term=term: exclude(term))
    assert exclude(Term(months=6), UK) is not None
    refused(EXCLUSION_TERM_NOT_OFFERED, lambda: exclude(Term(months=5), UK))
    refused(EXCLUSION_TERM_NOT_OFFERED, lambda: exclude(Term(indefinite=True), UK))


def test_months_are_months_of_the_calendar_and_never_less_than_the_shortest_term() -> None:
    two_months = int(datetime(2027, 3, 31, 12, tzinfo=UTC).timestamp() * 1000)
    assert exclude(Term(months=2)) == two_months
    assert exclude(Term(months=1)) == NOW + 30 * DAY_MS, "28 February would be 28 days"
    a_year = int(datetime(2028, 1, 31, 12, tzinfo=UTC).timestamp() * 1000)
    assert exclude(Term(months=12)) == a_year


def test_the_last_evening_of_a_month_in_brazil_is_still_that_month() -> None:
    evening = int(datetime(2027, 4, 1, 1, tzinfo=UTC).timestamp() * 1000)  # 22:00 on 31 March
    assert exclude(Term(months=3), now_ms=evening) == int(
        datetime(2027, 7, 1, 1, tzinfo=UTC).timestamp() * 1000
    ), "30 June at 22:00 in São Paulo"


def test_a_client_whose_clock_is_some_seconds_off_may_name_the_bounds() -> None:
    assert exclude(Term(until_ms=NOW + 30 * DAY_MS - 5_000)) == NOW + 30 * DAY_MS - 5_000
    refused(
        EXCLUSION_TERM_NOT_OFFERED,
        lambda: exclude(Term(until_ms=NOW + 30 * DAY_MS - 2 * MINUTE_MS)),
    )


@pytest.mark.parametrize("code", sorted(PROFILES))
def test_every_profile_offers_what_it_accepts(code: str) -> None:
    terms = terms_of(code)
    offer = offer_of(terms)
    for days in offer.pauses_days:
        assert pause_until(Term(days=days), terms, 0, NOW) == NOW + days * DAY_MS
    assert offer.exclusion_months
    for months in offer.exclusion_months:
        ends_at = exclude(Term(months=months), terms)
        assert ends_at is not None
        assert ends_at >= NOW + terms.least_days * DAY_MS
