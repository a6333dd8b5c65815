"""A slot of a job is run once, however often the platform fires it."""

import asyncio

import pytest
from jobs.ports import Ports
from jobs.runs import LEASE_MS, Outcome, run_once
from unit.fraud_cron.streams import World

SLOT = 1_795_356_900_000


def tick(world: World, done: list[int], slot: int = SLOT) -> Outcome | None:
    async def body() -> Outcome:
        done.append(slot)
        world.clock.advance(250)
        return {"wallets": 3}

    async def job(ports: Ports) -> Outcome | None:
        return await run_once(ports, "sweep", slot, body)

    return world.run(job)


def test_the_same_slot_fired_twice_is_run_once() -> None:
    world = World()
    done: list[int] = []
    assert tick(world, done) == {"wallets": 3}
    assert tick(world, done) is None
    assert done == [SLOT]


def test_each_slot_has_its_row_with_begin_end_and_outcome() -> None:
    world = World()
    started_at = world.clock.now_ms()
    tick(world, [])
    tick(world, [], SLOT + 300_000)
    rows = world.rows("SELECT * FROM job_runs ORDER BY slot")
    assert [row["slot"] for row in rows] == [SLOT, SLOT + 300_000]
    assert rows[0] == {
        "job": "sweep",
        "slot": SLOT,
        "started_at": started_at,
        "finished_at": started_at + 250,
        "outcome": '{"wallets":3}',
    }


def test_a_slot_that_is_still_being_run_is_left_alone() -> None:
    world = World()
    outcomes: list[Outcome | None] = []

    async def job(ports: Ports) -> Outcome | None:
        async def body() -> Outcome:
            outcomes.append(await run_once(ports, "sweep", SLOT, never))
            return {}

        return await run_once(ports, "sweep", SLOT, body)

    async def never() -> Outcome:
        raise AssertionError

    assert world.run(job) == {}
    assert outcomes == [None]


def test_a_slot_whose_tick_died_is_taken_over_after_the_lease() -> None:
    world = World()
    done: list[int] = []

    async def dying(ports: Ports) -> None:
        async def body() -> Outcome:
            raise asyncio.CancelledError

        await run_once(ports, "sweep", SLOT, body)

    with pytest.raises(asyncio.CancelledError):
        world.run(dying)
    world.clock.advance(LEASE_MS - 1)
    assert tick(world, done) is None
    world.clock.advance(1)
    assert tick(world, done) == {"wallets": 3}


def test_a_tick_that_was_taken_over_does_not_overwrite_its_successor() -> None:
    world = World()

    async def job(ports: Ports) -> None:
        async def slow() -> Outcome:
            world.clock.advance(LEASE_MS)
            await run_once(ports, "sweep", SLOT, successor)
            return {"by": "the slow one"}

        await run_once(ports, "sweep", SLOT, slow)

    async def successor() -> Outcome:
        return {"by": "the successor"}

    world.run(job)
    assert world.rows("SELECT outcome FROM job_runs") == [{"outcome": '{"by":"the successor"}'}]


def test_a_failure_is_recorded_by_its_class_and_passes_on() -> None:
    world = World()

    async def job(ports: Ports) -> None:
        async def body() -> Outcome:
            raise LookupError("with a detail that stays out of the row")

        await run_once(ports, "sweep", SLOT, body)

    with pytest.raises(LookupError):
        world.run(job)
    assert world.rows("SELECT outcome FROM job_runs") == [{"outcome": '{"failed":"LookupError"}'}]
