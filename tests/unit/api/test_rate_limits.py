"""The token bucket and its bounded table."""

import pytest
from http_layer.rate import RateClass, RateTable, address_key, decide
from hypothesis import given
from hypothesis import strategies as st

gaps_ms = st.lists(st.integers(0, 5_000), min_size=1, max_size=200)


@given(gaps_ms, st.integers(1, 20), st.integers(1, 2_000))
def test_no_window_ever_lets_more_pass_than_burst_and_refill(
    gaps: list[int], burst: int, interval_ms: int
) -> None:
    """Law of the token bucket: in any window of w, at most burst + w / interval requests pass."""
    interval_us, now_us, full_at_us = interval_ms * 1000, 0, 0
    passed: list[int] = []
    for gap in gaps:
        now_us += gap * 1000
        full_at_us, verdict = decide(full_at_us, now_us, interval_us, burst)
        if verdict.retry_after_ms == 0:
            passed.append(now_us)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            window_us = passed[last] - passed[first]
            assert last - first + 1 <= burst + window_us // interval_us


@given(gaps_ms, st.integers(1, 20), st.integers(1, 2_000))
def test_who_waits_as_told_passes_and_a_moment_earlier_does_not(
    gaps: list[int], burst: int, interval_ms: int
) -> None:
    interval_us, now_us, full_at_us = interval_ms * 1000, 0, 0
    for gap in gaps:
        now_us += gap * 1000
        full_at_us, verdict = decide(full_at_us, now_us, interval_us, burst)
        if verdict.retry_after_ms:
            wait_us = verdict.retry_after_ms * 1000
            assert decide(full_at_us, now_us + wait_us, interval_us, burst)[1].retry_after_ms == 0
            early = decide(full_at_us, now_us + wait_us - 1000, interval_us, burst)[1]
            assert early.retry_after_ms > 0


@given(st.integers(1, 50))
def test_a_fresh_bucket_holds_its_burst_and_says_what_remains(burst: int) -> None:
    full_at_us = 0
    for left in reversed(range(burst)):
        full_at_us, verdict = decide(full_at_us, 0, 1_000_000, burst)
        assert (verdict.retry_after_ms, verdict.remaining) == (0, left)
    assert decide(full_at_us, 0, 1_000_000, burst)[1].retry_after_ms == 1000


def test_a_refusal_costs_nothing() -> None:
    state, _ = decide(0, 0, 1_000_000, 1)
    for _ in range(1000):
        state, verdict = decide(state, 0, 1_000_000, 1)
        assert verdict.retry_after_ms == 1000
    assert decide(state, 1_000_000, 1_000_000, 1)[1].retry_after_ms == 0


def test_the_scale_multiplies_what_may_pass() -> None:
    table = RateTable(10)
    passed = 0
    while table.take("a", RateClass.AUTH, 0).retry_after_ms == 0:
        passed += 1
    assert passed == RateClass.AUTH.burst * 10


def test_the_table_is_bounded_and_forgets_the_least_recently_seen() -> None:
    table = RateTable(1, max_callers=3)
    for caller in ("a", "b", "c", "a", "d"):
        table.take(caller, RateClass.AUTH, 0)
    assert len(table) == 3
    assert table.take("a", RateClass.AUTH, 0).remaining == RateClass.AUTH.burst - 3
    assert table.take("b", RateClass.AUTH, 0).remaining == RateClass.AUTH.burst - 1


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
    ],
)
def test_an_address_is_limited_by_its_customer(address: str, key: str) -> None:
    assert address_key(address) == key
