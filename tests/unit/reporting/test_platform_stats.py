"""The live counters: integers, per currency, from the projection."""

import asyncio
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.money import MAX_AMOUNT_MINOR
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.native.d1 import NativeD1
from shared.reporting.stats import platform_stats, projection_lag_ms, rtp_text

MIGRATIONS = Path(__file__).parents[3] / "migrations_d1"


@pytest.fixture
def db() -> NativeD1:
    return NativeD1(migrations=MIGRATIONS)


def add_event(
    db: NativeD1,
    player_id: str,
    seq: int,
    type_: str,
    amount_minor: int,
    currency: str = "BRL",
    *,
    data: str = "{}",
) -> None:
    at_ms = TEST_EPOCH_MS + seq
    values = (
        f"('{player_id}', {seq}, 'e', '{type_}', 1, '{currency}', {amount_minor}, "
        f"0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, {at_ms}, '{data}', 'p', 'h')"
    )
    asyncio.run(db.execute(f"INSERT INTO wallet_events VALUES {values}"))


def stats(db: NativeD1) -> dict[str, object]:
    return asyncio.run(platform_stats(db, TEST_EPOCH_MS))


def test_before_anything_happened_the_counters_are_zero_and_the_rtp_unknown(db: NativeD1) -> None:
    assert stats(db) == {
        "players": 0,
        "rounds": 0,
        "stakes_minor": 0,
        "wins_minor": 0,
        "rtp_actual": None,
        "alerts_open": 0,
        "events_projected": 0,
        "projection_lag_ms": None,
        "as_of": "2026-11-22T14:15:00.000Z",
        "by_currency": {},
        "conservation": {},
    }


def test_money_is_counted_by_currency_and_the_first_currency_stands_at_the_top(
    db: NativeD1,
) -> None:
    add_event(db, "ana", 1, "DEPOSIT", 5_000)
    add_event(db, "ana", 2, "BET", 1_000)
    add_event(db, "ana", 3, "BET", 2_000)
    add_event(db, "ana", 4, "WIN", 2_881)
    add_event(db, "bob", 1, "BET", 700, "EUR")
    add_event(db, "bob", 2, "WITHDRAWAL", 300, "EUR")
    found = stats(db)
    assert (found["rounds"], found["stakes_minor"], found["wins_minor"]) == (2, 3_000, 2_881)
    assert found["rtp_actual"] == "96.03"
    assert found["events_projected"] == 6
    assert found["by_currency"] == {
        "BRL": {
            "rounds": 2,
            "stakes_minor": 3_000,
            "wins_minor": 2_881,
            "rtp_actual": "96.03",
            "deposits_minor": 5_000,
            "withdrawals_minor": 0,
        },
        "EUR": {
            "rounds": 1,
            "stakes_minor": 700,
            "wins_minor": 0,
            "rtp_actual": "0.00",
            "deposits_minor": 0,
            "withdrawals_minor": 300,
        },
    }


def test_what_was_rolled_back_is_no_round_no_stake_and_no_win(db: NativeD1) -> None:
    add_event(db, "ana", 1, "BET", 1_000)
    add_event(db, "ana", 2, "WIN", 900)
    add_event(db, "ana", 3, "BET", 500)
    add_event(db, "ana", 4, "WIN", 700)
    add_event(db, "ana", 5, "ROLLBACK", 700, data='{"of": "WIN"}')
    add_event(db, "ana", 6, "ROLLBACK", 500, data='{"of": "BET"}')
    add_event(db, "ana", 7, "ROLLBACK", 0, data='{"of": "NONE"}')
    found = stats(db)
    assert (found["rounds"], found["stakes_minor"], found["wins_minor"]) == (1, 1_000, 900)
    assert found["rtp_actual"] == "90.00"


def test_only_open_alerts_are_counted(db: NativeD1) -> None:
    for number, status in enumerate(("open", "open", "reviewed")):
        values = f"('a{number}', 'p', 'r', {number}, 9, 'low', 1, 1, '{{}}', '{status}', 0, 0)"
        asyncio.run(db.execute(f"INSERT INTO aml_alerts VALUES {values}"))
    assert stats(db)["alerts_open"] == 2


def test_the_lag_is_that_of_the_newest_event_and_never_negative(db: NativeD1) -> None:
    assert asyncio.run(projection_lag_ms(db)) is None
    add_event(db, "ana", 1, "BET", 1)
    add_event(db, "ana", 500, "BET", 1)
    move = "INSERT OR REPLACE INTO projection_heads VALUES ('ana', 500, 'h', {at_ms})"
    asyncio.run(db.execute(move.format(at_ms=TEST_EPOCH_MS + 500 + 1_234)))
    assert asyncio.run(projection_lag_ms(db)) == 1_234
    asyncio.run(db.execute(move.format(at_ms=TEST_EPOCH_MS)))
    assert asyncio.run(projection_lag_ms(db)) == 0


@given(st.integers(1, MAX_AMOUNT_MINOR), st.integers(0, MAX_AMOUNT_MINOR))
def test_the_rtp_is_the_exact_quotient_rounded_half_up(stakes_minor: int, wins_minor: int) -> None:
    exact = 100 * Decimal(wins_minor) / Decimal(stakes_minor)
    assert rtp_text(stakes_minor, wins_minor) == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
