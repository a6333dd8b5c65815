"""Tiers at the edges of their rules."""

import pytest
from unit.protection.streams_of_play import TODAY, by_day, days_ago

from shared.protection.model import LEVELS, Level, VipTier
from shared.protection.vip import (
    VIP_RULES,
    WINDOW_DAYS,
    SettledPlay,
    earned_tier,
    settled_play,
    verdict,
)

RULES = VIP_RULES[-1]
GOLD = SettledPlay("BRL", 2_500_000, 20, 90)


@pytest.mark.parametrize(
    ("play", "tier"),
    [
        (SettledPlay("BRL", 500_000, 8, 30), "silver"),
        (SettledPlay("BRL", 499_999, 8, 30), "bronze"),
        (SettledPlay("BRL", 500_000, 7, 30), "bronze"),
        (SettledPlay("BRL", 500_000, 8, 29), "bronze"),
        (GOLD, "gold"),
        (SettledPlay("BRL", 10_000_000, 40, 180), "platinum"),
        (SettledPlay("BRL", 10_000_000, 40, 179), "gold"),
        (SettledPlay("EUR", 100_000, 8, 30), "silver"),
        (SettledPlay("JPY", 90_000_000, 90, 900), "bronze"),
    ],
)
def test_a_tier_asks_for_all_of_its_demands(play: SettledPlay, tier: VipTier) -> None:
    assert earned_tier(play, RULES) == tier


def test_tiers_rise_and_fall_with_a_reason() -> None:
    assert verdict("bronze", GOLD, "low", RULES).reasons == ("settled_play_and_tenure",)
    assert verdict("platinum", GOLD, "critical", RULES).reasons == ("no_longer_met",)
    assert verdict("gold", GOLD, "none", RULES).reasons == ()


def test_a_rise_waits_for_the_level_and_says_so() -> None:
    found = verdict("silver", GOLD, "medium", RULES)
    assert (found.tier, found.earned, found.reasons) == (
        "silver",
        "gold",
        ("rise_waits_for_level",),
    )


@pytest.mark.parametrize("level", LEVELS)
def test_benefits_rest_from_high_on(level: Level) -> None:
    assert verdict("gold", GOLD, level, RULES).benefits is (level not in ("high", "critical"))


def test_only_the_window_counts() -> None:
    days = by_day(
        days_ago(WINDOW_DAYS, bets=1, settled_minor=7), days_ago(89, bets=1, settled_minor=5)
    )
    assert settled_play(days, TODAY, "BRL", 3) == SettledPlay("BRL", 5, 1, 3)
