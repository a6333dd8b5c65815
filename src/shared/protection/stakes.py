"""A player's stakes in few numbers: counts by the stake rounded down to two significant digits.

Each decade has at most ninety of them, so a day's counts stay small however a player stakes, and a
median of them lies at most a tenth below the exact one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping


def bucket_of(stake_minor: int) -> int:
    """1234 → 1200."""
    assert stake_minor >= 0, stake_minor
    scale = 1
    while stake_minor // scale >= 100:
        scale *= 10
    return stake_minor // scale * scale


def median_of(counts: Iterable[Mapping[int, int]], least_bets: int) -> int | None:
    """The lower median of all counted stakes; None when there are fewer than `least_bets`."""
    return percentile_of(counts, 50, least_bets)


def percentile_of(counts: Iterable[Mapping[int, int]], percent: int, least: int = 1) -> int | None:
    """The least value that `percent` per cent of all counted values do not pass (nearest rank);
    None for fewer values than `least`.
    """
    together: Counter[int] = Counter()
    for some in counts:
        together.update(some)
    total = together.total()
    if total < max(least, 1):
        return None
    rank = -(-total * percent // 100)
    seen = 0
    for found in sorted(together):
        seen += together[found]
        if seen >= rank:
            return found
    raise AssertionError("ranks end with the largest value")
