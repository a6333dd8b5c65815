"""Whether a limit is a choice: an answer to a message of player protection that asks for one.

A limit that was not reached in any window of the last thirty days changes nothing for the player
who sets it, so it answers nothing. A window is judged whole when one of those days lies in it; a
limit by game session is judged by days, which hold sessions. The measure is the house's own.
"""

from collections.abc import Iterable
from typing import Final

from shared.wallet.limits import NOTHING, Totals, used, windows_of
from shared.wallet.model import DayUsage, Limit

LOOK_BACK_DAYS: Final = 30


def looked_at_since(today: int) -> int:
    """The first day that `would_have_held` asks for."""
    windows = windows_of(today - LOOK_BACK_DAYS + 1)
    return min(windows.week, windows.month)


def would_have_held(limit: Limit, days: Iterable[DayUsage], today: int) -> bool:
    """True when a window would have used all of `limit`: beyond it nothing would have been played,
    or deposited. Where nothing at all was used there is nothing to compare with, and every limit
    counts.
    """
    windows: dict[int, Totals] = {}
    has_use = False
    for seen in days:
        first = _window_of(limit.period, seen.day)
        windows[first] = _plus(windows.get(first, NOTHING), seen)
        has_use = has_use or bool(seen.bets or seen.deposited_minor or seen.play_ms)
    since = _window_of(limit.period, today - LOOK_BACK_DAYS + 1)
    recent = [totals for first, totals in windows.items() if first >= since]
    return not has_use or any(used(limit.kind, totals) >= limit.value for totals in recent)


def _window_of(period: str, day: int) -> int:
    """The first day of the window of `period` that holds `day`."""
    windows = windows_of(day)
    return {"weekly": windows.week, "monthly": windows.month}.get(period, windows.day)


def _plus(totals: Totals, seen: DayUsage) -> Totals:
    return Totals(
        totals.wagered_minor + seen.wagered_minor,
        totals.won_minor + seen.won_minor,
        totals.deposited_minor + seen.deposited_minor,
        totals.bets + seen.bets,
        totals.play_ms + seen.play_ms,
    )
