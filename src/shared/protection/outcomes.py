"""What a player did before and after an intervention: the evidence that it helps, or does not.

The day of the intervention belongs to neither side. Sums may be compared because both sides have
the same number of days.
"""

from collections.abc import Mapping

from shared.kernel.times import MINUTE_MS
from shared.protection.model import Day


def spend_of(days: Mapping[int, Day], first: int, last: int) -> dict[str, int]:
    """Sums over the days from `first` to `last`, both numbers of `local_day`."""
    seen = [days[day] for day in range(first, last + 1) if day in days]
    return {
        "days_played": sum(day.bets > 0 for day in seen),
        "bets": sum(day.bets for day in seen),
        "staked_minor": sum(day.staked_minor for day in seen),
        "loss_minor": sum(day.loss_minor for day in seen),
        "deposited_minor": sum(day.deposited_minor for day in seen),
        "play_minutes": sum(day.play_ms for day in seen) // MINUTE_MS,
    }


def outcome_of(days: Mapping[int, Day], taken_on: int, length: int) -> dict[str, object]:
    """The `length` days before and after the day `taken_on`."""
    return {
        "days": length,
        "before": spend_of(days, taken_on - length, taken_on - 1),
        "after": spend_of(days, taken_on + 1, taken_on + length),
    }


def numbers_of(days: Mapping[int, Day], today: int) -> dict[str, int]:
    """The numbers that a message may tell: the last seven days, and the weekly mean before."""
    week, before = spend_of(days, today - 6, today), spend_of(days, today - 34, today - 7)
    return {
        "minutes": week["play_minutes"],
        "days": week["days_played"],
        "loss_minor": max(0, week["loss_minor"]),
        "usual_loss_minor": max(0, before["loss_minor"]) // 4,
    }
