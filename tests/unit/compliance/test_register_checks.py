"""When somebody is asked about, and what the wallet hears of the answer."""

import pytest

from shared.compliance.model import profile_at
from shared.compliance.profiles.br import BR
from shared.compliance.registers.checks import (
    FIRST_RETRY_MS,
    LONGEST_RETRY_MS,
    NOTHING_KNOWN,
    Occasion,
    Standing,
    Told,
    after_answer,
    after_outage,
    is_due_at_login,
    next_after,
    told_of,
)
from shared.compliance.registers.ports import RegisterAnswer
from shared.kernel.times import DAY_MS, SAO_PAULO_OFFSET_MS, parse_rfc3339

RULES = profile_at("br", BR.valid_from.replace(year=2026)).register_checks
assert RULES is not None
NOON = parse_rfc3339("2026-11-22T12:00:00-03:00")
MIDNIGHT = parse_rfc3339("2026-11-23T00:00:00-03:00")
CLEAR = Standing("clear", (), NOON, 0)
LISTED = Standing("listed", ("PROGRAMA_SOCIAL",), NOON, 0)


def told(standing: Standing, *, leaves: bool = False, is_identified: bool = True) -> Told:
    assert RULES is not None
    return told_of("sigap", standing, RULES, leaves=leaves, is_identified=is_identified)


def test_the_first_login_of_a_day_of_sao_paulo_asks_and_the_next_does_not() -> None:
    assert not is_due_at_login(CLEAR, MIDNIGHT - 1, SAO_PAULO_OFFSET_MS)
    assert is_due_at_login(CLEAR, MIDNIGHT, SAO_PAULO_OFFSET_MS)
    asked = after_answer(RegisterAnswer(is_listed=False, reasons=(), request_id="r"), MIDNIGHT)
    assert not is_due_at_login(asked, MIDNIGHT + DAY_MS - 1, SAO_PAULO_OFFSET_MS)
    # The day is the jurisdiction's: in London the two moments are on one day.
    evening = Standing("clear", (), parse_rfc3339("2026-11-22T22:30:00-03:00"), 0)
    assert is_due_at_login(evening, MIDNIGHT, SAO_PAULO_OFFSET_MS)
    assert not is_due_at_login(evening, MIDNIGHT, 0)


def test_a_login_asks_while_no_answer_is_there() -> None:
    assert is_due_at_login(NOTHING_KNOWN, NOON, SAO_PAULO_OFFSET_MS)
    pending = after_outage(CLEAR, "login")
    assert is_due_at_login(pending, NOON + 1, SAO_PAULO_OFFSET_MS)


@pytest.mark.parametrize(
    ("occasion", "status"),
    [("registration", "pending"), ("login", "pending"), ("sweep", "clear"), ("retry", "clear")],
)
def test_an_outage_closes_the_gate_where_an_answer_is_owed(occasion: Occasion, status: str) -> None:
    after = after_outage(CLEAR, occasion)
    assert (after.status, after.attempts, after.checked_at) == (status, 1, NOON)


@pytest.mark.parametrize("occasion", ["registration", "login", "sweep", "retry"])
def test_an_outage_opens_nothing(occasion: Occasion) -> None:
    assert after_outage(LISTED, occasion).status == "listed"
    assert after_outage(NOTHING_KNOWN, occasion).status == "pending"
    assert after_outage(after_outage(CLEAR, "login"), occasion).status == "pending"


def test_a_failed_question_is_repeated_soon_then_less_often_and_never_given_up() -> None:
    assert RULES is not None
    standing, waits = NOTHING_KNOWN, []
    for _ in range(9):
        standing = after_outage(standing, "retry")
        waits.append(next_after(standing, RULES, NOON) - NOON)
    minute = FIRST_RETRY_MS
    assert waits == [minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute] + 4 * [
        LONGEST_RETRY_MS
    ]


def test_the_sweep_comes_before_an_answer_is_fifteen_days_old() -> None:
    assert RULES is not None
    assert RULES.sweep_days == 15
    assert next_after(CLEAR, RULES, NOON) == NOON + RULES.aim_days * DAY_MS
    assert RULES.aim_days <= 14


def test_a_clear_answer_holds_for_fifteen_days() -> None:
    assert told(CLEAR) == Told("impediment", "clear", NOON + 15 * DAY_MS, ())


def test_the_wallet_hears_the_reasons_of_somebody_who_showed_who_they_are() -> None:
    assert told(LISTED) == Told("impediment", "impeded", None, ("PROGRAMA_SOCIAL",))


def test_who_uses_the_number_of_somebody_else_learns_nothing_from_it() -> None:
    outage = told(after_outage(CLEAR, "login"), is_identified=False)
    assert told(LISTED, is_identified=False) == outage == Told("impediment", "pending", None, ())


def test_who_is_being_off_boarded_stays_impeded_whatever_the_register_says_now() -> None:
    assert told(CLEAR, leaves=True).status == "impeded"
    assert told(NOTHING_KNOWN, leaves=True).status == "impeded"


def test_nothing_known_is_pending() -> None:
    assert told(NOTHING_KNOWN) == Told("impediment", "pending", None, ())


def test_another_register_speaks_through_its_own_fact() -> None:
    assert RULES is not None
    listed = told_of("gamstop", LISTED, RULES, leaves=False, is_identified=True)
    assert (listed.name, listed.status) == ("register", "excluded")
