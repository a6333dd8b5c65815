"""The archive: each event once, in parts of its day, listed by manifests that hang together."""

import gzip
import json
import random
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import archive as archive_job
from jobs.archive import archive
from jobs.chain import CHAIN_RULE_ID
from jobs.ports import Ports
from jobs.projection import project
from jobs.runs import Outcome
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.archive.lines import pack_lines, unpack_lines
from shared.kernel.times import DAY_MS, HOUR_MS
from shared.platform.native.clock import TEST_EPOCH_MS

TODAY = TEST_EPOCH_MS
TOMORROW = TODAY + DAY_MS
DAY = "2026-11-22"


def arrive(world: World, *streams: Stream) -> None:
    async def job(ports: Ports) -> None:
        for stream in streams:
            await project(deliveries(stream.texts()), ports)

    world.run(job)


def tick(world: World, slot: int = TOMORROW) -> Outcome:
    async def job(ports: Ports) -> Outcome:
        return await archive(ports, slot)

    return world.run(job)


def body(world: World, key: str) -> bytes:
    return world.archive.objects[key].body


def parts(world: World, day: str = DAY) -> list[str]:
    return [key for key in sorted(world.archive.objects) if f"day={day}/part-" in key]


def archived(world: World) -> list[dict[str, Any]]:
    """Every line of every part that a glob over the bucket finds."""
    keys = [key for key in sorted(world.archive.objects) if key.endswith(".ndjson.gz")]
    return [
        json.loads(line)
        for key in keys
        for line in gzip.decompress(body(world, key)).decode().splitlines()
    ]


def manifest(world: World, day: str = DAY) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body(world, f"events/v1/day={day}/manifest.json"))
    return found


def test_a_day_is_archived_when_it_is_over_and_equals_the_wallets() -> None:
    world = World()
    ana = world.stream("ana").add("OPENED").add("DEPOSIT", 1_000).add("BET", 100)
    bob = world.stream("bob").add("DEPOSIT", 50)
    arrive(world, ana, bob)
    assert tick(world, TODAY) == {"parts": 0, "rows": 0, "held": 0, "manifests": 0}
    assert tick(world) == {"parts": 1, "rows": 4, "held": 0, "manifests": 1}
    expected = [stream.members(e.seq) for stream in (ana, bob) for e in stream.events]
    assert archived(world) == expected
    assert tick(world) == {"parts": 0, "rows": 0, "held": 0, "manifests": 0}


def test_the_manifest_lists_the_parts_with_their_hashes() -> None:
    world = World()
    arrive(world, world.stream("ana").add("DEPOSIT", 1_000).add("BET", 1))
    tick(world)
    told = manifest(world)
    (part,) = told["parts"]
    packed = body(world, part["key"])
    assert (part["rows"], part["bytes"]) == (2, len(packed))
    assert part["sha256"] == sha256(packed).hexdigest()
    assert part["first"] == {"player_id": "ana", "seq": 1, "recorded_at": TODAY}
    assert (part["last"]["seq"], told["rows"], told["day"]) == (2, 2, DAY)
    assert (told["number"], told["revision"], told["previous_sha256"]) == (1, 1, "0" * 64)


def test_events_are_filed_under_the_sao_paulo_day_in_which_they_were_recorded() -> None:
    world = World()
    midnight = 1_795_402_800_000  # 2026-11-23T03:00:00Z
    stream = world.stream("ana").add("DEPOSIT", 9, at_ms=midnight - 1)
    arrive(world, stream.add("BET", 1, at_ms=midnight))
    tick(world, midnight)
    assert [line["seq"] for line in archived(world)] == [1]
    tick(world, midnight + DAY_MS)
    assert len(parts(world, "2026-11-22")) == len(parts(world, "2026-11-23")) == 1


def test_late_events_become_a_further_part_and_a_new_revision() -> None:
    world = World()
    arrive(world, world.stream("ana").add("DEPOSIT", 1_000))
    tick(world)
    early = body(world, parts(world)[0])
    arrive(world, world.stream("bob").add("DEPOSIT", 2_000, at_ms=TODAY + HOUR_MS))
    tick(world)
    assert len(parts(world)) == 2
    assert body(world, parts(world)[0]) == early
    told = manifest(world)
    assert (told["revision"], told["number"], told["rows"]) == (2, 2, 2)
    first = body(world, "events/v1/manifests/00000001.json")
    assert told["previous_sha256"] == sha256(first).hexdigest()


def test_manifests_of_different_days_hang_on_one_chain() -> None:
    world = World()
    stream = world.stream("ana")
    for day in range(3):
        stream.add("DEPOSIT", 1_000, at_ms=TODAY + day * DAY_MS)
    arrive(world, stream)
    tick(world, TODAY + 3 * DAY_MS)
    previous = "0" * 64
    for number in (1, 2, 3):
        text = body(world, f"events/v1/manifests/{number:08d}.json")
        assert json.loads(text)["previous_sha256"] == previous
        previous = sha256(text).hexdigest()


def test_a_large_day_is_cut_into_parts_and_spread_over_ticks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_job, "ROWS_PER_PART", 4)
    monkeypatch.setattr(archive_job, "ROWS_PER_QUERY", 2)
    monkeypatch.setattr(archive_job, "PARTS_PER_TICK", 2)
    world = World()
    streams = [world.stream(f"p{n}").deposits(5, at_ms=TODAY) for n in range(4)]
    arrive(world, *streams)
    sizes = []
    while (outcome := tick(world))["parts"]:
        sizes.append(outcome["rows"])
    assert sizes == [8, 8, 4]
    assert [(line["player_id"], line["seq"]) for line in archived(world)] == [
        (f"p{n}", seq) for n in range(4) for seq in range(1, 6)
    ]
    assert manifest(world)["rows"] == 20


def test_a_tick_that_dies_anywhere_loses_and_repeats_nothing() -> None:
    for deadly in range(1, 60):
        world = World()
        ana = world.stream("ana").add("DEPOSIT", 1_000).add("BET", 100, at_ms=TOMORROW)
        bob = world.stream("bob").add("DEPOSIT", 50)
        arrive(world, ana, bob)
        world.db.die_at(deadly)
        try:
            tick(world, TOMORROW + DAY_MS)
        except ConnectionError:
            world.db.die_at(0)
            tick(world, TOMORROW + DAY_MS)
            found = [(line["player_id"], line["seq"]) for line in archived(world)]
            assert found == [("ana", 1), ("bob", 1), ("ana", 2)], deadly
            assert manifest(world)["rows"] == 2
            assert manifest(world, "2026-11-23")["rows"] == 1
        else:
            break
    else:
        pytest.fail("no run ended within 60 calls")


def test_a_row_that_was_changed_in_the_projection_never_reaches_the_archive() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 1_000).add("BET", 100).add("BET", 100)
    arrive(world, ana, world.stream("bob").add("DEPOSIT", 1))
    world.change("UPDATE wallet_events SET amount_minor = 1 WHERE player_id = 'ana' AND seq = 2")
    assert tick(world)["held"] == 1
    assert [(line["player_id"], line["seq"]) for line in archived(world)] == [
        ("ana", 1),
        ("bob", 1),
    ]
    (alert,) = world.alerts()
    assert (alert["player_id"], alert["rule_id"]) == ("ana", CHAIN_RULE_ID)
    assert tick(world)["held"] == 0
    world.change("UPDATE wallet_events SET amount_minor = 100 WHERE player_id = 'ana' AND seq = 2")
    world.change("UPDATE archive_queue SET held = 0")
    assert tick(world)["rows"] == 2


def test_a_row_that_was_removed_from_the_projection_holds_its_wallet() -> None:
    world = World()
    arrive(world, world.stream("ana").add("DEPOSIT", 1_000).add("BET", 1).add("BET", 2))
    world.change("DELETE FROM wallet_events WHERE seq = 2")
    assert tick(world)["held"] == 1
    assert [line["seq"] for line in archived(world)] == [1]


def test_what_is_projected_again_is_not_archived_again() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 1_000).add("BET", 1)
    arrive(world, ana)
    tick(world)
    for table in ("wallet_events", "projection_heads"):
        world.change(f"DELETE FROM {table}")
    arrive(world, ana)
    assert world.rows("SELECT day FROM archive_queue") == [{"day": DAY}]
    assert tick(world)["rows"] == 0
    assert world.rows("SELECT day FROM archive_queue") == []
    assert len(archived(world)) == 2


def test_the_same_lines_make_the_same_file() -> None:
    lines = [f'{{"n":{n}}}' for n in range(1_000)]
    packed = pack_lines(lines)
    assert packed == pack_lines(lines)
    assert packed[4:8] == bytes(4)
    assert list(unpack_lines(packed)) == lines


@pytest.mark.slow
@given(st.integers(0, 2**32))
def test_in_any_order_of_arrival_and_of_ticks_each_event_is_archived_once(seed: int) -> None:
    """Law: no event is archived twice, and once all has arrived and is over, none is missing."""
    chance = random.Random(seed)
    world = World()
    streams = []
    for name in ("ana", "bob", "eve"):
        stream = world.stream(name)
        at_ms = TODAY
        for _ in range(chance.randrange(1, 7)):
            at_ms += chance.randrange(DAY_MS)
            stream.add("DEPOSIT", 100, at_ms=at_ms)
        streams.append(stream)
    slot = TODAY
    for _ in range(6):
        stream = chance.choice(streams)
        texts = stream.texts()[: chance.randrange(len(stream.events) + 1)]

        async def job(ports: Ports, texts: list[str] = texts) -> None:
            await project(deliveries(texts), ports)

        world.run(job)
        slot += chance.randrange(DAY_MS)
        tick(world, slot)
    arrive(world, *streams)
    tick(world, TODAY + 10 * DAY_MS)
    found = sorted((line["player_id"], line["seq"]) for line in archived(world))
    assert found == sorted((s.player_id, e.seq) for s in streams for e in s.events)
