"""The projection made anew: equal row for row, or the places where it is not."""

import json
from collections.abc import Awaitable, Callable

import pytest
from jobs import rebuild as rebuild_job
from jobs.archive import archive
from jobs.conservation import reconcile
from jobs.ports import Ports
from jobs.projection import project
from jobs.rebuild import rebuild
from jobs.rebuild_store import running
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.kernel.times import DAY_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import Record


def arrive(world: World, *streams: Stream) -> None:
    async def job(ports: Ports) -> None:
        for stream in streams:
            await project(deliveries(stream.texts()), ports)

    world.run(job)


def house(count: int = 3, events: int = 4) -> World:
    world = World()
    for number in range(count):
        stream = (
            world.stream(f"0{number}-player")
            .add("OPENED")
            .deposits(events - 2, at_ms=TEST_EPOCH_MS)
        )
        world.register(stream.add("BET", 10))
        arrive(world, stream)
    return world


def archive_all(world: World) -> None:
    async def job(ports: Ports) -> None:
        await archive(ports, TEST_EPOCH_MS + 2 * DAY_MS)

    world.run(job)


def ask(world: World, source: str = "wallets", *, swap: bool = False, number: int = 1) -> None:
    world.insert(
        "rebuilds",
        rebuild_id=f"r{number}",
        source=source,
        swap=int(swap),
        stage="clear",
        status="running",
        cursor="",
        wallets=0,
        events=0,
        differences=0,
        unavailable=0,
        asked_by="admin",
        created_at=0,
        updated_at=0,
    )


def finish(world: World) -> Record:
    for _ in range(200):
        world.run(rebuild)
        if not world.rows("SELECT 1 AS one FROM rebuilds WHERE status = 'running'"):
            return world.rows("SELECT * FROM rebuilds ORDER BY rebuild_id DESC LIMIT 1")[0]
    pytest.fail("the rebuild does not end")


def differences(world: World) -> list[tuple[object, object, object]]:
    rows = world.rows("SELECT * FROM rebuild_differences ORDER BY player_id, seq")
    return [(row["player_id"], row["seq"], row["side"]) for row in rows]


@pytest.mark.parametrize("source", ["wallets", "archive"])
def test_a_sound_projection_is_rebuilt_equal_row_for_row(source: str) -> None:
    world = house()
    archive_all(world)
    ask(world, source)
    done = finish(world)
    assert (done["status"], done["differences"], done["detail"]) == ("equal", 0, "sums equal")
    assert (done["wallets"], done["events"]) == (3, 12)
    in_use = world.rows("SELECT * FROM wallet_events")
    assert world.rows("SELECT * FROM rebuild_events") == in_use
    totals = world.rows("SELECT * FROM projection_totals")
    assert world.rows("SELECT * FROM rebuild_totals") == totals


@pytest.mark.parametrize("source", ["wallets", "archive"])
@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        (
            "UPDATE wallet_events SET cash_after = 1 WHERE player_id = '01-player' AND seq = 2",
            [("01-player", 2, "both")],
        ),
        (
            "UPDATE wallet_events SET round_id = 'r' WHERE player_id = '00-player' AND seq = 1",
            [("00-player", 1, "both")],
        ),
        (
            "DELETE FROM wallet_events WHERE player_id = '02-player' AND seq = 3",
            [("02-player", 3, "rebuilt")],
        ),
    ],
)
def test_each_row_that_was_tampered_with_is_named(
    source: str, tampering: str, expected: list[tuple[str, int, str]]
) -> None:
    world = house()
    archive_all(world)
    world.change(tampering)
    ask(world, source)
    done = finish(world)
    assert (done["status"], done["differences"]) == ("different", 1)
    assert differences(world) == expected


def test_changed_sums_are_a_difference_too() -> None:
    world = house()
    world.change("UPDATE projection_totals SET stakes_minor = 0")
    ask(world)
    done = finish(world)
    assert (done["status"], done["detail"]) == ("different", "1 sums differ")


def test_events_that_no_wallet_has_are_named() -> None:
    world = house()
    ghost = Stream("09-ghost").add("DEPOSIT", 1_000)
    arrive(world, ghost)
    world.wallets.streams["09-ghost"] = Stream("09-ghost")
    ask(world)
    assert finish(world)["status"] == "different"
    assert differences(world) == [("09-ghost", 1, "projection")]


def test_events_that_arrive_during_the_rebuild_are_no_difference() -> None:
    world = house()
    ask(world)
    world.run(rebuild_stage("compare"))
    late = world.wallets.streams["00-player"].add("DEPOSIT", 7)
    arrive(world, late)
    done = finish(world)
    assert (done["status"], done["differences"]) == ("equal", 0)
    assert done["detail"] == "sums not compared: one copy lags"


def rebuild_stage(stage: str) -> Callable[[Ports], Awaitable[None]]:
    """Run until the rebuild stands at `stage`."""

    async def job(ports: Ports) -> None:
        while True:
            current = await running(ports.db)
            assert current is not None
            if current.stage == stage:
                return
            await rebuild_job._step(ports, current)

    return job


def test_the_new_copy_takes_the_place_of_a_broken_one_and_projecting_goes_on() -> None:
    world = house()
    sound = world.rows("SELECT * FROM wallet_events")
    world.change("UPDATE wallet_events SET cash_after = 9, cash_delta = 9 WHERE seq = 3")
    world.change("DELETE FROM wallet_events WHERE player_id = '00-player' AND seq = 2")
    world.change("UPDATE account_totals SET amount_minor = 5")
    ask(world, swap=True)
    assert finish(world)["status"] == "swapped"
    assert world.rows("SELECT * FROM wallet_events") == sound
    assert len(world.rows("SELECT * FROM rebuild_events")) == len(sound) - 1
    arrive(world, world.wallets.streams["01-player"].add("DEPOSIT", 70).add("BET", 1))
    world.run(reconcile)
    (verdict,) = world.rows("SELECT * FROM conservation")
    assert (verdict["drift_minor"], verdict["difference_minor"]) == (0, 0)
    (totals,) = world.rows("SELECT * FROM projection_totals")
    assert (totals["events"], totals["rounds"]) == (len(sound) + 2, 4)
    assert json.loads(str(verdict["accounts"]))["player:cash"] == 3 * 1_990 + 69


def test_copies_can_be_swapped_again_and_again() -> None:
    world = house()
    sound = world.rows("SELECT * FROM wallet_events")
    for number in (1, 2, 3):
        ask(world, swap=True, number=number)
        assert finish(world)["status"] == "swapped"
        assert world.rows("SELECT * FROM wallet_events") == sound
    ask(world, number=4)
    assert finish(world)["status"] == "equal"


def test_a_silent_wallet_keeps_the_rebuild_from_being_put_into_use() -> None:
    world = house()
    world.wallets.failing = {"01-player"}
    ask(world, swap=True)
    done = finish(world)
    assert (done["status"], done["unavailable"]) == ("failed", 1)
    assert str(done["detail"]).startswith("1 wallets did not answer")


def test_a_part_that_was_changed_in_the_archive_stops_the_rebuild() -> None:
    world = house()
    archive_all(world)
    (key,) = [key for key in world.archive.objects if "part-" in key]
    stored = world.archive.objects[key]
    world.archive.objects[key] = type(stored)(stored.body[:-1] + b"x", "", {})
    ask(world, "archive")
    done = finish(world)
    assert (done["status"], done["detail"]) == ("failed", f"{key} is not as written")
    del world.archive.objects[key]
    ask(world, "archive", number=2)
    assert finish(world)["detail"] == f"{key} is not there"


@pytest.mark.parametrize("source", ["wallets", "archive"])
def test_a_rebuild_is_cut_into_small_steps_and_survives_any_death(
    monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(rebuild_job, "WALLETS_PER_SLICE", 2)
    monkeypatch.setattr(rebuild_job, "ROWS_PER_COMPARISON", 3)
    monkeypatch.setattr(rebuild_job, "PLACES_PER_SLICE", 2)
    monkeypatch.setattr(rebuild_job, "ROWS_PER_DELETE", 5)
    world = house(events=5)
    archive_all(world)
    ask(world, source)
    finish(world)
    for deadly in range(1, 200, 3):
        world.change("DELETE FROM rebuilds")
        ask(world, source)
        world.db.die_at(deadly)
        try:
            world.run(rebuild)
        except ConnectionError:
            world.db.die_at(0)
            done = finish(world)
            assert (done["status"], done["differences"]) == ("equal", 0), deadly
        else:
            world.db.die_at(0)
            break
    else:
        pytest.fail("no rebuild ended within 200 calls")
