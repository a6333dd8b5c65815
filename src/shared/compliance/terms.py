"""Until when a pause or a self-exclusion lasts, from what a player asks and what a profile offers.

Days are 24 hours. Months are calendar months of the jurisdiction: the same time of day on the same
day of a later month, on its last day where it has no such day; a month is never shorter than the
shortest exclusion on offer, so "one month" asked for in February is as long as any other. That a
term is never shortened is the wallet's rule (BR-RG-06); here it is only counted.
"""

from calendar import monthrange
from datetime import date
from typing import Final

from shared.compliance.errors import EXCLUSION_TERM_NOT_OFFERED, PAUSE_TERM_NOT_OFFERED
from shared.compliance.rules import Exclusion
from shared.kernel.errors import Rejected
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, local_date
from shared.kernel.values import value

LEAST_PAUSE_MS: Final = HOUR_MS
"""A pause of less than an hour is a stop at a reality check and not a pause: the house's choice."""
_CLOCKS_DIFFER_MS: Final = MINUTE_MS
"""What an `until` that a client computed may miss the bounds by."""
_LONGEST_MONTH_DAYS: Final = 31
_MONTH_OF_A_YEAR_DAYS: Final = 30


@value
class Term:
    """What was asked: exactly one of them is set, or `indefinite`."""

    minutes: int | None = None
    days: int | None = None
    months: int | None = None
    until_ms: int | None = None
    indefinite: bool = False


@value
class Offer:
    """The terms of a jurisdiction as a player is told them."""

    pause_least_minutes: int
    pause_most_days: int
    pauses_days: tuple[int, ...]
    exclusion_least_days: int
    exclusion_most_days: int | None
    exclusion_months: tuple[int, ...]
    indefinite: bool


def offer_of(exclusion: Exclusion) -> Offer:
    """What the terms of a profile let a player choose from."""
    return Offer(
        pause_least_minutes=LEAST_PAUSE_MS // MINUTE_MS,
        pause_most_days=max(exclusion.pauses_days),
        pauses_days=exclusion.pauses_days,
        exclusion_least_days=exclusion.least_days,
        exclusion_most_days=exclusion.most_days,
        exclusion_months=_months(exclusion),
        indefinite=exclusion.indefinite,
    )


def pause_until(term: Term, exclusion: Exclusion, offset_ms: int, now_ms: int) -> int:
    """UTC milliseconds at which a pause that begins at `now_ms` ends by itself.

    Raises:
        Rejected: PAUSE_TERM_NOT_OFFERED for less than an hour, more than the longest pause of the
            profile, or no end at all.
    """
    offer = offer_of(exclusion)
    most_ms = offer.pause_most_days * DAY_MS
    ends_at = None if term.indefinite else _end(term, offset_ms, now_ms)
    lasts_ms = -1 if ends_at is None else ends_at - now_ms
    if ends_at is None or not _between(lasts_ms, LEAST_PAUSE_MS, most_ms):
        raise Rejected(
            PAUSE_TERM_NOT_OFFERED,
            f"A pause lasts from one hour to {offer.pause_most_days} days. "
            "For longer there is self-exclusion.",
            least_minutes=offer.pause_least_minutes,
            most_days=offer.pause_most_days,
        )
    return ends_at


def exclusion_until(term: Term, exclusion: Exclusion, offset_ms: int, now_ms: int) -> int | None:
    """UTC milliseconds at which a self-exclusion that begins at `now_ms` ends; None: never by
    itself.

    Raises:
        Rejected: EXCLUSION_TERM_NOT_OFFERED for a term that the profile does not have.
    """
    if term.indefinite:
        if exclusion.indefinite:
            return None
        raise _no_such_exclusion(exclusion)
    if term.months is not None:
        if term.months not in _months(exclusion):
            raise _no_such_exclusion(exclusion)
        least_ms = now_ms + exclusion.least_days * DAY_MS
        return max(_end(term, offset_ms, now_ms), least_ms)
    ends_at = _end(term, offset_ms, now_ms)
    most = exclusion.most_days
    most_ms = None if most is None else most * DAY_MS
    if not _between(ends_at - now_ms, exclusion.least_days * DAY_MS, most_ms):
        raise _no_such_exclusion(exclusion)
    return ends_at


def _end(term: Term, offset_ms: int, now_ms: int) -> int:
    if term.until_ms is not None:
        return term.until_ms
    if term.months is not None:
        return _months_later(now_ms, term.months, offset_ms)
    return now_ms + (term.days or 0) * DAY_MS + (term.minutes or 0) * MINUTE_MS


def _months_later(now_ms: int, months: int, offset_ms: int) -> int:
    today = local_date(now_ms, offset_ms)
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    day = min(today.day, monthrange(year, month + 1)[1])
    moved = date(year, month + 1, day).toordinal() - today.toordinal()
    return now_ms + moved * DAY_MS


def _months(exclusion: Exclusion) -> tuple[int, ...]:
    """Whole months on offer, up to a year of them where the term has no upper end."""
    most = exclusion.most_days or 12 * _MONTH_OF_A_YEAR_DAYS
    least = -(-exclusion.least_days // _LONGEST_MONTH_DAYS)
    return tuple(range(max(1, least), most // _MONTH_OF_A_YEAR_DAYS + 1))


def _between(lasts_ms: int, least_ms: int, most_ms: int | None) -> bool:
    if lasts_ms < least_ms - _CLOCKS_DIFFER_MS:
        return False
    return most_ms is None or lasts_ms <= most_ms + _CLOCKS_DIFFER_MS


def _no_such_exclusion(exclusion: Exclusion) -> Rejected:
    offer = offer_of(exclusion)
    longest = "any longer" if offer.exclusion_most_days is None else str(offer.exclusion_most_days)
    without_end = ", or without an end" if offer.indefinite else ""
    return Rejected(
        EXCLUSION_TERM_NOT_OFFERED,
        f"A self-exclusion lasts {offer.exclusion_least_days} to {longest} days{without_end}.",
        least_days=offer.exclusion_least_days,
        most_days=offer.exclusion_most_days,
        months=list(offer.exclusion_months),
        indefinite=offer.indefinite,
    )
