"""Tiers are judged once a day from settled play, with a history, and never rise at medium."""

import json

import pytest
from unit.fraud_cron.harm_streams import HarmWorld, PlayStream

from shared.kernel.times import DAY_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import SqlConstraintError


def regular(world: HarmWorld) -> PlayStream:
    """Forty days with the house, and eight days of R$ 700."""
    stream = world.player()
    world.change(f"UPDATE players SET wallet_opened_at = {TEST_EPOCH_MS - 40 * DAY_MS}")
    stream.at_ms = TEST_EPOCH_MS - 36 * DAY_MS
    for _ in range(8):
        stream.deposit(70_000).round(70_000)
        stream.at_ms += 4 * DAY_MS
    return stream


def tier(world: HarmWorld) -> object:
    return world.rows("SELECT vip_tier FROM players")[0]["vip_tier"]


def changes(world: HarmWorld) -> list[tuple[object, object, object]]:
    rows = world.rows("SELECT from_tier, to_tier, reasons FROM vip_changes ORDER BY change_id")
    return [(row["from_tier"], row["to_tier"], json.loads(str(row["reasons"]))) for row in rows]


def test_settled_play_and_tenure_raise_the_tier_of_the_profile() -> None:
    world = HarmWorld()
    world.project(regular(world))
    world.tick()
    assert tier(world) == "silver"
    assert changes(world) == [("bronze", "silver", ["settled_play_and_tenure"])]
    (standing,) = world.rows("SELECT * FROM vip_standings")
    assert (standing["settled_minor"], standing["days_played"]) == (560_000, 8)
    assert (standing["rules_version"], standing["benefits"]) == ("2026-11", 1)


def test_a_tier_is_judged_once_a_day() -> None:
    world = HarmWorld()
    stream = regular(world)
    world.project(stream)
    world.tick()
    world.change("DELETE FROM harm_days")
    stream.at_ms = world.clock.now_ms()
    world.project(stream.round(100))
    world.tick()
    assert tier(world) == "silver"
    world.clock.advance(DAY_MS)
    world.tick()
    assert tier(world) == "bronze"
    assert changes(world)[-1] == ("silver", "bronze", ["no_longer_met"])


def test_no_tier_rises_at_medium_and_it_does_when_the_level_has_faded() -> None:
    world = HarmWorld()
    stream = regular(world)
    stream.at_ms = TEST_EPOCH_MS
    world.project(stream.chase(3))
    world.contact()
    world.tick()
    assert (world.harm()["level"], tier(world)) == ("medium", "bronze")
    (standing,) = world.rows("SELECT earned FROM vip_standings")
    assert standing["earned"] == "silver"
    world.clock.advance(14 * DAY_MS)
    world.tick()
    assert (world.harm()["level"], tier(world)) == ("low", "silver")


def test_benefits_rest_at_high_at_once_and_the_tier_stays() -> None:
    world = HarmWorld()
    stream = regular(world)
    world.project(stream)
    world.tick()
    world.change("UPDATE players SET birth_date = '2004-01-01'")
    stream.at_ms = world.clock.now_ms()
    world.project(stream.chase(3))
    world.contact()
    world.tick()
    assert (world.harm()["level"], tier(world)) == ("high", "silver")
    assert world.rows("SELECT benefits FROM vip_standings")[0]["benefits"] == 0
    world.clock.advance(14 * DAY_MS)
    world.tick()
    assert world.rows("SELECT benefits FROM vip_standings")[0]["benefits"] == 1


@pytest.mark.parametrize("level", ["medium", "high", "critical"])
def test_the_database_refuses_a_rise_at_a_level(level: str) -> None:
    world = HarmWorld()
    world.player()
    row: dict[str, str | int] = {
        "change_id": "c",
        "player_id": "player-1",
        "from_tier": "bronze",
        "to_tier": "silver",
        "reasons": "[]",
        "level": level,
        "settled_minor": 0,
        "days_played": 0,
        "tenure_days": 0,
        "rules_version": "2026-11",
        "changed_at": 0,
    }
    with pytest.raises(SqlConstraintError, match="does not rise"):
        world.insert("vip_changes", **row)
    world.insert("vip_changes", **row | {"level": "low"})


@pytest.mark.parametrize("table", ["harm_levels", "vip_changes", "interventions"])
def test_histories_are_kept(table: str) -> None:
    world = HarmWorld()
    world.project(regular(world).chase(3))
    world.tick()
    assert world.rows(f"SELECT * FROM {table}")
    with pytest.raises(SqlConstraintError):
        world.change(f"DELETE FROM {table}")
