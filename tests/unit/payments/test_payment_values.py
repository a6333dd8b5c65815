"""States, identifiers, methods and the words for a pending withdrawal."""

from typing import get_args

import pytest

from shared.kernel.errors import Problem, Rejected
from shared.kernel.times import parse_rfc3339
from shared.payments.errors import PAYMENT_METHOD_FORBIDDEN, PAYMENT_METHOD_UNKNOWN
from shared.payments.explanations import LANGUAGES, Language, explain_withdrawal
from shared.payments.methods import METHODS, check_method
from shared.payments.model import WithdrawalStatus, end_to_end_id

DUE = parse_rfc3339("2026-11-22T17:30:00Z")
NOW_MS = parse_rfc3339("2026-11-22T15:30:00Z")


def test_an_end_to_end_id_has_institution_minute_and_randomness() -> None:
    text = end_to_end_id("12345678", DUE, bytes.fromhex("abcdef012345"))
    assert text == "E12345678202611221730abcdef01234"
    assert len(text) == 32


def refusal(method: str) -> Problem:
    with pytest.raises(Rejected) as refused:
        check_method(method, "br", NOW_MS)
    return refused.value.rejection.problem


def test_pix_is_a_method() -> None:
    assert [check_method(method, "br", NOW_MS) for method in METHODS] == ["pix"]


@pytest.mark.parametrize(
    "method", ["boleto", "cash", "cheque", "credit_card", "crypto", "postpaid"]
)
def test_what_the_law_forbids_is_named_as_forbidden(method: str) -> None:
    assert refusal(method) is PAYMENT_METHOD_FORBIDDEN


def test_where_pix_is_not_a_method_of_the_place_it_is_none() -> None:
    with pytest.raises(Rejected) as refused:
        check_method("pix", "uk", NOW_MS)
    assert refused.value.rejection.problem is PAYMENT_METHOD_UNKNOWN
    assert refused.value.rejection.extensions["allowed"] == []


@pytest.mark.parametrize("method", ["", "PIX", "paypal", "x" * 10_000])
def test_other_words_are_no_method(method: str) -> None:
    assert refusal(method) is PAYMENT_METHOD_UNKNOWN


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", get_args(WithdrawalStatus))
def test_every_state_is_explained_in_every_language(
    status: WithdrawalStatus, language: Language
) -> None:
    texts = {
        explain_withdrawal(status, due_at_ms=DUE, now_ms=now_ms, language=language)
        for now_ms in (DUE - 1, DUE + 1)
    }
    assert all(len(text) > 20 and "{" not in text for text in texts)
    assert len(texts) == (2 if status == "processing" else 1)


def test_a_pending_withdrawal_says_until_when_on_brasilias_clock() -> None:
    portuguese = explain_withdrawal("processing", due_at_ms=DUE, now_ms=0, language="pt-BR")
    english = explain_withdrawal("processing", due_at_ms=DUE, now_ms=0, language="en")
    assert "22/11/2026 14:30" in portuguese
    assert "2026-11-22 14:30" in english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", get_args(WithdrawalStatus))
def test_no_text_tells_of_an_analysis_for_money_laundering(
    status: WithdrawalStatus, language: Language
) -> None:
    text = explain_withdrawal(status, due_at_ms=DUE, now_ms=DUE + 1, language=language).lower()
    for word in ("lavagem", "laundering", "aml", "pld", "coaf", "suspeit", "suspic", "investiga"):
        assert word not in text
