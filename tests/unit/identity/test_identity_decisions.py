"""Who may register and what a player may do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity.decide import check_application, eligibility, normalise_email
from shared.identity.model import (
    Address,
    Application,
    Eligibility,
    PlayerStatus,
    RequestedLimit,
    registration_rules,
)
from shared.kernel.errors import Rejected

NOON_MS = 1_795_356_900_000
BR = registration_rules("br", NOON_MS)
APPLICATION = Application(
    email="ana@example.com",
    full_name="Ana Souza",
    birth_date=date(1990, 5, 17),
    cpf="52998224725",
    phone="+5511987654321",
    address=Address("Rua A", "1", None, "Centro", "São Paulo", "SP", "01001-000", "BR"),
    gender="female",
    currency="BRL",
    limits=(RequestedLimit("loss", "daily", 1000), RequestedLimit("time", "daily", 60)),
    accepts_terms=True,
    accepts_privacy=True,
)


def _code(application: Application, now_ms: int = NOON_MS) -> str | None:
    try:
        check_application(application, BR, now_ms)
    except Rejected as refused:
        return refused.rejection.problem.code
    return None


@given(
    st.dates(date(1920, 1, 1), date(2012, 12, 31)),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_whoever_is_eighteen_on_the_calendar_of_sao_paulo_may_register(
    born: date, moment: datetime
) -> None:
    now = moment.replace(microsecond=0, tzinfo=UTC)
    local = now.astimezone(ZoneInfo("America/Sao_Paulo")).date()
    adult_from = (
        date(born.year + 18, 3, 1)
        if (born.month, born.day) == (2, 29) and (born.year + 18) % 4
        else born.replace(year=born.year + 18)
    )
    refused = _code(replace(APPLICATION, birth_date=born), round(now.timestamp() * 1000))
    assert (refused is None) == (local >= adult_from)


def test_seventeen_years_and_364_days_is_too_young_and_the_birthday_is_not() -> None:
    today = date(2026, 11, 22)
    assert _code(replace(APPLICATION, birth_date=date(2008, 11, 22))) is None
    tomorrow = date(2008, 11, 22) + timedelta(days=1)
    assert _code(replace(APPLICATION, birth_date=tomorrow)) == "underage"
    assert today == date(2026, 11, 22)


def test_age_comes_before_consent_and_consent_before_limits() -> None:
    everything = replace(APPLICATION, birth_date=date(2020, 1, 1), accepts_terms=False, limits=())
    assert _code(everything) == "underage"
    adult = replace(everything, birth_date=date(1990, 1, 1))
    assert _code(adult) == "consent_required"
    assert _code(replace(adult, accepts_terms=True)) == "limits_required"
    assert _code(replace(APPLICATION, accepts_privacy=False)) == "consent_required"


@pytest.mark.parametrize("missing", ["loss", "time"])
def test_one_limit_does_not_stand_for_the_other(missing: str) -> None:
    kept = tuple(limit for limit in APPLICATION.limits if limit.kind != missing)
    assert _code(replace(APPLICATION, limits=kept)) == "limits_required"


@given(st.text(max_size=30))
def test_normalising_an_email_twice_changes_nothing_more(text: str) -> None:
    once = normalise_email(text)
    assert normalise_email(once) == once or not text.isascii()


OPEN = Eligibility(can_bet=True, can_deposit=True, can_use_bonus=True, reasons=())
CLOSED = Eligibility(
    can_bet=False, can_deposit=False, can_use_bonus=False, reasons=("paused", "kyc_required")
)
CASES = list(product(get_args(PlayerStatus), [OPEN, CLOSED], [True, False]))


@pytest.mark.parametrize(("status", "wallet", "has_bet"), CASES)
def test_eligibility_is_granted_exactly_when_nothing_stands_in_the_way(
    status: PlayerStatus, wallet: Eligibility, has_bet: bool
) -> None:
    may = eligibility(status=status, wallet=wallet, has_bet=has_bet)
    clear = status == "active" and wallet is OPEN
    assert may.can_bet is may.can_deposit is clear
    assert may.can_use_bonus is (clear and has_bet)
    assert bool(may.reasons) is not may.can_use_bonus
    told = [code for code in may.reasons if code in CLOSED.reasons]
    assert tuple(told) == wallet.reasons, "the order of the contract"


def test_what_the_wallet_lets_through_alone_is_let_through_alone() -> None:
    deposits_only = replace(OPEN, can_bet=False, reasons=("reality_check_due",))
    may = eligibility(status="active", wallet=deposits_only, has_bet=True)
    assert (may.can_bet, may.can_deposit) == (False, True)
