"""Laws of funding and limits that hold for every amount, without a wallet around them."""

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.kernel.times import DAY_MS, HOUR_MS, local_day
from shared.wallet.funding import split_of, split_payout, split_stake, with_shares
from shared.wallet.limits import Totals, Usage, window_ends_at, windows_at
from shared.wallet.model import PERIODS, DayUsage, Grant

amounts = st.integers(min_value=0, max_value=10**12)
balances = st.lists(st.integers(min_value=0, max_value=10**9), max_size=6)
moments = st.integers(min_value=0, max_value=4_000_000_000_000)


def grants_of(held: list[int]) -> list[Grant]:
    return [Grant(f"g{place}", place, max(1, left), left) for place, left in enumerate(held)]


@given(stake=st.integers(1, 10**10), cash=amounts, held=balances, payout=amounts)
def test_a_stake_and_its_payout_are_split_without_losing_a_unit(
    stake: int, cash: int, held: list[int], payout: int
) -> None:
    assume(stake <= cash + sum(held))
    funded = split_stake(stake, cash, grants_of(held))
    assert funded.total == stake
    assert funded.bonus == sum(part for _, part in funded.grants)
    assert funded.bonus == 0 or funded.cash == cash, "bonus is touched only when cash is used up"
    paid = split_payout(payout, funded)
    assert paid.total == payout
    assert paid.bonus == sum(part for _, part in paid.grants)
    assert min([paid.cash, paid.bonus, *(part for _, part in paid.grants)]) >= 0
    assert paid.bonus * funded.total <= payout * funded.bonus, "rounding never favours bonus"
    assert {grant for grant, _ in paid.grants} <= {grant for grant, _ in funded.grants}
    assert split_of(funded.cash, funded.bonus, funded.grants_json) == funded


@given(stake=st.integers(1, 10**10), cash=amounts, held=balances)
def test_taking_a_stake_and_restoring_it_is_the_identity(
    stake: int, cash: int, held: list[int]
) -> None:
    assume(stake <= cash + sum(held))
    grants = tuple(grants_of(held))
    shares = split_stake(stake, cash, grants).grants
    taken = with_shares(grants, shares, -1)
    assert all(grant.balance_minor >= 0 for grant in taken)
    assert with_shares(taken, shares, +1) == grants


@given(now_ms=moments, hours=st.integers(-12, 14))
def test_a_moment_lies_in_its_windows_and_they_end_after_it(now_ms: int, hours: int) -> None:
    windows = windows_at(now_ms, hours * HOUR_MS)
    day = local_day(now_ms, hours * HOUR_MS)
    assert windows.day == day
    assert windows.week <= day < windows.week + 7
    assert windows.month <= day < windows.month + 31
    for period in PERIODS:
        ends_at = window_ends_at(period, now_ms, hours * HOUR_MS)
        assert now_ms < ends_at <= now_ms + 31 * DAY_MS
        last = windows_at(ends_at - 1, hours * HOUR_MS)
        assert windows_at(ends_at, hours * HOUR_MS) != last


@given(gaps=st.lists(st.integers(0, 600_000), max_size=30))
def test_play_time_is_never_more_than_the_time_that_passed(gaps: list[int]) -> None:
    now_ms = 1_795_356_900_000
    usage = Usage(DayUsage(local_day(now_ms)), Totals(), Totals(), Totals(), 0)
    started = now_ms
    for gap in gaps:
        usage = usage.with_bet(100, now_ms)
        now_ms += gap
    assert usage.daily.play_ms <= now_ms - started
    assert usage.daily.bets == len(gaps)
