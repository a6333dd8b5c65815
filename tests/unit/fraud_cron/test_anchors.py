"""The daily anchor: every head of every wallet under one root, resumable, once a day."""

import json

import pytest
from jobs import anchors
from jobs.anchor_store import anchor_of, open_run, subtree_roots
from jobs.ports import Ports
from jobs.runs import LEASE_MS, Outcome, alone
from unit.fraud_cron.streams import World

from shared.archive.lines import unpack_lines
from shared.audit.anchors import WalletHead, prove
from shared.audit.merkle import leaf_hash, root, root_of_path
from shared.kernel.ids import uuid7
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import Record, SqlConstraintError

NIGHT = 1_795_403_400_000
"""2026-11-23T03:10:00Z, ten minutes after midnight in São Paulo."""

DAY = "2026-11-22"


def wallets(world: World, count: int, *, events: int = 2) -> list[str]:
    """Players with wallets of `events` events each, in the order of their ids."""
    world.clock.set(NIGHT)
    players = [uuid7(TEST_EPOCH_MS + n, bytes(10)) for n in range(count)]
    for player_id in players:
        stream = world.stream(player_id).add("OPENED")
        stream.deposits(events - 1, at_ms=TEST_EPOCH_MS)
        world.register(stream)
    return players


def nightly(world: World, slot: int = NIGHT) -> Outcome:
    async def job(ports: Ports) -> Outcome:
        return await anchors.begin_and_advance(ports, slot)

    return world.run(job)


def tick(world: World, slot: int) -> Outcome:
    async def job(ports: Ports) -> Outcome:
        return await anchors.advance(ports, slot)

    return world.run(job)


def published(world: World) -> list[Record]:
    return world.rows("SELECT * FROM anchors ORDER BY day")


def heads(world: World) -> list[WalletHead]:
    found = []
    for player_id in sorted(world.wallets.streams):
        last = world.wallets.streams[player_id].events[-1]
        found.append(WalletHead(player_id, last.seq, last.hash))
    return found


def test_the_root_commits_to_the_head_that_each_wallet_gave() -> None:
    world = World()
    wallets(world, 5)
    assert nightly(world) == {"day": DAY, "asked": 5, "stage": "done"}
    (anchor,) = published(world)
    assert (anchor["day"], anchor["leaves"], anchor["missing"]) == (DAY, 5, 0)
    hashes = [
        leaf_hash(json.dumps([h.player_id, h.seq, h.head_hash], separators=(",", ":")).encode())
        for h in heads(world)
    ]
    assert anchor["root"] == root(hashes).hex()
    assert anchor["previous"] == "0" * 64


def test_each_anchor_names_the_one_before_and_a_day_is_anchored_once() -> None:
    world = World()
    wallets(world, 2)
    nightly(world)
    assert nightly(world)["forgotten"] == 0
    world.wallets.streams[min(world.wallets.streams)].add("DEPOSIT", 500)
    world.clock.advance(DAY_MS)
    nightly(world, NIGHT + DAY_MS)
    first, second = published(world)
    assert (first["day"], second["day"]) == (DAY, "2026-11-23")
    assert (second["previous"], second["previous_hash"]) == (first["root"], first["hash"])
    assert second["root"] != first["root"]
    assert anchor_of(second).hash == second["hash"]
    assert nightly(world, NIGHT)["forgotten"] == 0
    assert len(published(world)) == 2


def test_an_anchor_is_never_changed_or_removed() -> None:
    world = World()
    nightly(world)
    with pytest.raises(SqlConstraintError):
        world.change(f"UPDATE anchors SET root = '{'0' * 64}'")
    with pytest.raises(SqlConstraintError):
        world.change("DELETE FROM anchors")


def test_a_house_without_wallets_anchors_the_empty_tree() -> None:
    world = World()
    world.clock.set(NIGHT)
    assert nightly(world)["stage"] == "done"
    (anchor,) = published(world)
    assert (anchor["leaves"], anchor["root"]) == (0, root([]).hex())


def test_a_run_is_gathered_in_slices_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anchors, "WALLETS_PER_TICK", 3)
    world = World()
    wallets(world, 7)
    assert nightly(world)["stage"] == "gather"
    assert tick(world, NIGHT + 5 * MINUTE_MS)["stage"] == "gather"
    assert tick(world, NIGHT + 10 * MINUTE_MS)["stage"] == "done"
    asked = [player_id for player_id, _ in world.wallets.asked]
    assert asked == sorted(world.wallets.streams)
    (anchor,) = published(world)
    assert anchor["leaves"] == 7


def test_a_tick_that_dies_at_any_call_leaves_a_run_that_ends_with_the_same_root() -> None:
    quiet = World()
    wallets(quiet, 6)
    nightly(quiet)
    (expected,) = published(quiet)
    for deadly in range(1, 40):
        world = World()
        wallets(world, 6)
        world.db.die_at(deadly)
        try:
            nightly(world)
        except ConnectionError:
            world.db.die_at(0)
            world.clock.advance(LEASE_MS)
            while tick(world, NIGHT + 2 * HOUR_MS).get("stage", "done") != "done":
                pass
        else:
            break
        (anchor,) = published(world)
        assert (anchor["root"], anchor["leaves"]) == (expected["root"], 6), deadly
    else:
        pytest.fail("no run ended within 40 calls")


def test_a_silent_wallet_is_asked_again_and_then_counted_as_missing() -> None:
    world = World()
    players = wallets(world, 4)
    world.wallets.failing = {players[1], players[2]}
    assert nightly(world)["stage"] == "again"
    world.wallets.failing = {players[2]}
    slots = (NIGHT + n * 5 * MINUTE_MS for n in range(1, 9))
    stages = [tick(world, slot).get("stage") for slot in slots]
    assert stages[:3] == ["again", "again", "done"]
    (anchor,) = published(world)
    assert (anchor["leaves"], anchor["missing"]) == (3, 1)


def test_a_lost_trigger_is_made_up_for_by_a_tick_an_hour_later() -> None:
    world = World()
    wallets(world, 1)
    assert tick(world, NIGHT + 5 * MINUTE_MS) == {"forgotten": 0}
    assert tick(world, NIGHT + HOUR_MS)["stage"] == "done"
    assert [row["day"] for row in published(world)] == [DAY]


def test_the_files_in_the_archive_repeat_what_was_anchored() -> None:
    world = World()
    wallets(world, 3)
    nightly(world)
    (anchor,) = published(world)
    files = world.archive.objects
    assert sorted(files) == [
        f"anchors/v1/day={DAY}/anchor.json",
        f"anchors/v1/day={DAY}/heads-00000.ndjson.gz",
    ]
    document = json.loads(files[f"anchors/v1/day={DAY}/anchor.json"].body)
    assert (document["root"], document["hash"]) == (anchor["root"], anchor["hash"])
    leaves = list(unpack_lines(files[f"anchors/v1/day={DAY}/heads-00000.ndjson.gz"].body))
    assert leaves == [head.leaf for head in heads(world)]
    assert root([leaf_hash(leaf.encode()) for leaf in leaves]).hex() == anchor["root"]


def test_large_trees_are_built_in_files_of_full_subtrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "LEAVES_PER_FILE", 512)
    monkeypatch.setattr(anchors, "WALLETS_PER_TICK", 1_000)
    world = World()
    players = wallets(world, 770, events=1)
    nightly(world)
    (anchor,) = published(world)
    expected = [leaf_hash(head.leaf.encode()) for head in heads(world)]
    assert anchor["root"] == root(expected).hex()
    assert len([key for key in world.archive.objects if "heads-" in key]) == 2

    async def roots(ports: Ports) -> list[str]:
        return await subtree_roots(ports.db, DAY)

    found = world.run(roots)
    assert len(found) == 4
    for place in (0, 255, 256, 767, 768, 769):
        number = place // 256
        run = heads(world)[number * 256 : (number + 1) * 256]
        proof = prove(run, players[place], found, number, 770)
        path = [bytes.fromhex(node) for node in proof.path]
        assert proof.index == place
        assert root_of_path(expected[place], place, 770, path) == root(expected)


def test_old_heads_are_forgotten_and_anchors_are_kept() -> None:
    world = World()
    wallets(world, 2)
    nightly(world)
    later = NIGHT + 40 * DAY_MS
    world.clock.set(later)
    nightly(world, later)
    assert tick(world, later + 5 * MINUTE_MS) == {"forgotten": 3}
    assert len(published(world)) == 2
    assert world.rows("SELECT DISTINCT day FROM anchor_heads") == [{"day": "2027-01-01"}]


def test_the_operators_log_is_anchored_with_the_wallets() -> None:
    world = World()
    world.insert(
        "audit_log",
        seq=1,
        recorded_at=1,
        actor_id="a",
        actor_role="admin",
        action="x",
        subject="y",
        data="{}",
        prev_hash="0" * 64,
        hash="ab" * 32,
    )
    nightly(world)
    (anchor,) = published(world)
    assert (anchor["audit_seq"], anchor["audit_hash"]) == (1, "ab" * 32)


def test_two_slots_never_work_on_the_same_files_at_once() -> None:
    world = World()
    inner: list[Outcome | None] = []

    async def job(ports: Ports) -> Outcome | None:
        async def body() -> Outcome:
            inner.append(await alone(ports, "anchors", never))
            return {"done": 1}

        return await alone(ports, "anchors", body)

    async def never() -> Outcome:
        raise AssertionError

    assert world.run(job) == {"done": 1}
    assert inner == [None]

    async def again(ports: Ports) -> bool:
        assert await open_run(ports.db) is None
        return await alone(ports, "anchors", one) == {"again": 1}

    async def one() -> Outcome:
        return {"again": 1}

    assert world.run(again)
