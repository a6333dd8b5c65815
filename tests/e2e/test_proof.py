"""The proofs on the real edge: anchors, conservation, archive, rebuild, and what tampering does.

The time of "tomorrow" comes with the cron's scheduled time. What is tampered with is the database
file of the stopped edge, as somebody with access to D1 would; what is checked, is checked by code
of this file and `hashlib`, not by the platform's.
"""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.edge import ROOT, Edge
from e2e.player import Caller, Player, expect, fresh_key, join, problem, staff, until

TICK = "*/5 * * * *"
NIGHT = "10 3 * * *"
DAY_MS = 86_400_000

pytestmark = pytest.mark.slow
"""Each test has an edge of its own, which some of them stop and start."""

type Json = dict[str, Any]


class House:
    """An edge of its own with three players who have played."""

    def __init__(self, edge: Edge, state: Path, client: httpx.Client) -> None:
        self.edge = edge
        self.state = state
        self.client = client
        self.players = [join(self.client, funds_minor=5_000) for _ in range(3)]
        session = self.players[0].open_game()["session_id"]
        for _ in range(4):
            self.players[0].play(session, 100)
        self.players[1].withdraw(1_000)
        self.level()

    def level(self) -> None:
        """Wait until everything is projected, the sandbox's own player included."""
        total = sum(player.wallet()["seq"] for player in self.players)
        until(self.stats, lambda stats: stats["events_projected"] >= total)

    def stats(self) -> Json:
        return expect(self.client.get("/v1/stats"), 200)

    def at(self, cron: str, days: int) -> None:
        slot = int(time.time() * 1000) + days * DAY_MS
        assert self.edge.scheduled("fraud_cron", cron, slot) == "ok"

    def desk(self, role: str = "admin") -> Caller:
        return staff(self.client, role)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """D1's file while the edge is stopped; the edge is started again afterwards."""
        with self.stored(lambda path: has_table(path, "wallet_events")) as connection:
            yield connection

    @contextmanager
    def wallet(self, player: Player) -> Iterator[sqlite3.Connection]:
        """The file of a wallet object, in the same way."""
        with self.stored(lambda path: owner_of(path) == player.player_id) as connection:
            yield connection

    @contextmanager
    def stored(self, is_wanted: Callable[[Path], bool]) -> Iterator[sqlite3.Connection]:
        self.edge.stop()
        [path] = [path for path in self.state.rglob("*.sqlite") if is_wanted(path)]
        connection = sqlite3.connect(path)
        try:
            with connection:
                yield connection
        finally:
            connection.close()
        self.edge.start()

    def archived_objects(self) -> dict[str, bytes]:
        """What is in the archive bucket, from the files of the local edge's store."""
        found: dict[str, bytes] = {}
        for path in self.state.rglob("*.sqlite"):
            if not has_table(path, "_mf_objects"):
                continue
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                rows = connection.execute("SELECT key, blob_id FROM _mf_objects").fetchall()
            for key, blob_id in rows:
                [blob] = [p for p in self.state.rglob(blob_id) if p.is_file()]
                found[key] = blob.read_bytes()
        return found


def has_table(path: Path, name: str) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        return bool(connection.execute(query, (name,)).fetchone()[0])


def owner_of(path: Path) -> str | None:
    """Whose wallet a file holds; None for any other file."""
    if not (has_table(path, "meta") and has_table(path, "game_sessions")):
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT player_id FROM meta").fetchone()
        return None if found is None else str(found[0])


@pytest.fixture
def house(tmp_path: Path, fresh_edge: Callable[..., Edge]) -> Iterator[House]:
    edge = fresh_edge(tmp_path)
    with edge.client() as client:
        yield House(edge, tmp_path, client)


def root_by_hand(proof: Json) -> str:
    """From a leaf and its path to the root, as RFC 9162 §2.1.3.2 says."""
    node = sha256(b"\x00" + proof["leaf"].encode()).digest()
    place, last = proof["index"], proof["leaves"] - 1
    for step in (bytes.fromhex(text) for text in proof["path"]):
        if place & 1 or place == last:
            node = sha256(b"\x01" + step + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + step).digest()
        place, last = place >> 1, last >> 1
    assert last == 0
    return node.hex()


def export(player: Player) -> list[Json]:
    events: list[Json] = []
    cursor: str | None = None
    while True:
        query = {"cursor": cursor} if cursor else {}
        piece = expect(player.get("/v1/me/wallet/export", **query), 200)
        events += piece["events"]
        cursor = piece["next_cursor"]
        if cursor is None:
            return events


def test_every_player_proves_their_head_under_the_root_that_is_published(house: House) -> None:
    house.at(NIGHT, 1)
    house.at(NIGHT, 1)
    [anchor] = expect(house.client.get("/v1/audit/anchors"), 200)["items"]
    assert anchor["missing"] == 0
    assert anchor["leaves"] >= len(house.players)
    for player in house.players:
        wallet = player.wallet()
        proof = expect(player.get(f"/v1/me/wallet/anchors/{anchor['day']}"), 200)
        leaf = [player.player_id, wallet["seq"], wallet["head_hash"]]
        assert proof["leaf"] == json.dumps(leaf, separators=(",", ":"))
        assert root_by_hand(proof) == proof["root"] == anchor["root"]
        assert export(player)[-1]["hash"] == wallet["head_hash"]
    house.players[2].fund(700)
    house.at(NIGHT, 2)
    newer, older = expect(house.client.get("/v1/audit/anchors"), 200)["items"]
    assert (newer["previous"], newer["previous_hash"]) == (older["root"], older["hash"])
    assert newer["root"] != older["root"]


def test_the_archive_equals_the_wallets_and_its_manifests_list_it(house: House) -> None:
    house.at(TICK, 1)
    exported = [event for player in house.players for event in export(player)]
    objects = house.archived_objects()
    parts = {key: body for key, body in objects.items() if key.endswith("ndjson.gz")}
    lines = [
        json.loads(line)
        for key, body in sorted(parts.items())
        if "/part-" in key
        for line in gzip.decompress(body).decode().splitlines()
    ]
    archived = {(line["player_id"], line["seq"]): line for line in lines}
    assert len(archived) == len(lines)
    for event in exported:
        assert archived[event["player_id"], event["seq"]] == event
    [manifest] = [json.loads(b) for k, b in objects.items() if "manifests/" in k]
    assert manifest["rows"] == len(lines)
    for part in manifest["parts"]:
        assert sha256(parts[part["key"]]).hexdigest() == part["sha256"]


def rebuild(house: House, source: str, *, swap: bool = False) -> Json:
    desk = house.desk()
    body = {"source": source, "swap": swap}
    asked = expect(desk.post("/v1/ops/projection/rebuilds", body, key=fresh_key()), 202)
    house.at(TICK, 1)
    house.at(TICK, 2)
    return expect(desk.get(f"/v1/ops/projection/rebuilds/{asked['rebuild_id']}"), 200)


@pytest.mark.parametrize("source", ["wallets", "archive"])
def test_a_sound_projection_is_rebuilt_equal_row_for_row(house: House, source: str) -> None:
    house.at(TICK, 1)
    report = rebuild(house, source)
    assert (report["status"], report["difference_count"]) == ("equal", 0), report
    assert report["events"] == house.stats()["events_projected"]


def test_tampering_with_the_projection_is_found_and_a_rebuild_heals_it(house: House) -> None:
    victim = house.players[0].player_id
    house.at(TICK, 0)
    sound = house.stats()["conservation"]["BRL"]
    assert (sound["drift_minor"], sound["difference_minor"]) == (0, 0)
    with house.database() as database:
        seq = database.execute(
            "SELECT max(seq) FROM wallet_events WHERE player_id = ?", (victim,)
        ).fetchone()[0]
        database.execute(
            "UPDATE wallet_events SET cash_after = cash_after + 1000000 "
            "WHERE player_id = ? AND seq = ?",
            (victim, seq),
        )
        database.execute(
            "UPDATE wallet_events SET amount_minor = amount_minor + 1 "
            "WHERE player_id = ? AND seq = 2",
            (victim,),
        )
    house.at(TICK, 1)
    assert house.stats()["conservation"]["BRL"]["difference_minor"] == 1_000_000
    alerts = expect(house.desk("aml").get("/v1/ops/aml/alerts", band="critical"), 200)["items"]
    assert {alert["rule_id"] for alert in alerts} == {"conservation.BRL", "projection.chain"}
    health = expect(house.desk().get("/v1/ops/projection"), 200)
    assert health["archive"]["held"] == 1
    report = rebuild(house, "wallets")
    assert (report["status"], report["difference_count"]) == ("different", 2), report
    assert [(d["player_id"], d["seq"]) for d in report["differences"]] == [
        (victim, 2),
        (victim, seq),
    ]
    assert rebuild(house, "wallets", swap=True)["status"] == "swapped"
    house.at(TICK, 3)
    assert house.stats()["conservation"]["BRL"]["difference_minor"] == 0
    health = expect(house.desk().get("/v1/ops/projection"), 200)
    assert health["archive"]["held"] == 0
    assert health["last_rebuild"]["status"] == "swapped"


def test_a_wallet_torn_in_its_storage_is_found_by_the_house_and_released_when_whole(
    house: House,
) -> None:
    victim = house.players[0]
    path = f"/v1/ops/players/{victim.player_id}"

    def rules() -> set[tuple[str, str]]:
        house.at(TICK, 1)
        alerts = expect(aml.get("/v1/ops/aml/alerts", player_id=victim.player_id), 200)["items"]
        return {(alert["rule_id"], alert["evidence"]["law"]) for alert in alerts}

    with house.wallet(victim) as stored:
        (gate,) = stored.execute("SELECT * FROM gate").fetchall()
        stored.execute("DELETE FROM gate")
    aml = house.desk("aml")
    assert ("wallet.proof", "gate") in rules()
    assert problem(aml.post(f"{path}/wallet-proof"), 423, "wallet_frozen")["law"] == "gate"
    problem(victim.get("/v1/me/wallet"), 423, "wallet_frozen")
    until(rules, lambda told: ("wallet.frozen", "gate") in told)

    with house.wallet(victim) as stored:
        stored.execute(f"INSERT INTO gate VALUES ({', '.join('?' * len(gate))})", gate)
    finance, admin = house.desk("finance"), house.desk("admin")
    proof = expect(finance.post(f"{path}/wallet-proof"), 200)
    assert (proof["ok"], proof["is_complete"], proof["frozen_law"]) == (True, True, "gate")
    reason = {"reason": "the gate is there again"}
    asked = expect(finance.post(f"{path}/wallet-release", reason, key=fresh_key()), 201)
    decision = {"decision": "approve", **reason}
    decide = f"/v1/ops/approvals/{asked['approval_id']}"
    assert expect(admin.post(decide, decision), 200)["refusal"] is None
    assert expect(finance.post(f"{path}/wallet-proof"), 200)["frozen_law"] is None
    assert victim.wallet()["currency"] == "BRL"


def tool(name: str, *arguments: str) -> str:
    """What `make rebuild` and `make drill` run, on the data of the stopped edge."""
    command = [sys.executable, str(ROOT / "runtime" / name), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_drill_and_the_offline_rebuild_find_a_stopped_house_equal(house: House) -> None:
    house.at(NIGHT, 1)
    house.at(TICK, 1)
    house.players[2].fund(300)
    house.edge.stop()
    state = str(house.state)
    told = tool("drill.py", "--state", state)
    assert "EQUAL, hash by hash" in told
    assert re.search(r"events not archived yet +[1-9]", told)
    assert re.search(r"anchored heads compared +[1-9]", told)
    assert tool("rebuild.py", "--state", state, "--source", "archive").endswith("EQUAL\n")
    assert tool("rebuild.py", "--state", state, "--swap").endswith("SWAPPED\n")
    house.edge.start()
    house.at(TICK, 2)
    health = expect(house.desk().get("/v1/ops/projection"), 200)
    assert (health["last_drill"]["differences"], health["last_rebuild"]["status"]) == (
        0,
        "swapped",
    )
    house.level()
    assert house.stats()["conservation"]["BRL"]["difference_minor"] == 0


def test_a_dead_letter_is_shown_and_replayed_from_the_wallet(house: House) -> None:
    event = export(house.players[0])[2]
    with house.database() as database:
        for table in ("wallet_events", "projection_heads"):
            database.execute(
                f"DELETE FROM {table} WHERE player_id = ?", (house.players[0].player_id,)
            )
        letter_id = "01938f6e-7c1a-7b3e-8f00-4a5b6c7d8e9f"
        database.execute(
            "INSERT INTO dead_letters VALUES (?, 'm', ?, 3, 'why', ?, 11, 'dead', NULL, 1, 1)",
            (letter_id, event["player_id"], json.dumps(event)),
        )
    desk = house.desk()
    [letter] = expect(desk.get("/v1/ops/dead-letters"), 200)["items"]
    assert letter["status"] == "dead"
    expect(desk.post(f"/v1/ops/dead-letters/{letter_id}/replay", key=fresh_key()), 202)
    house.at(TICK, 0)
    [letter] = expect(desk.get("/v1/ops/dead-letters"), 200)["items"]
    assert (letter["status"], letter["outcome"]) == ("replayed", "projected, 3 events were missing")


def test_the_health_of_the_projection_names_every_job(house: House) -> None:
    house.at(NIGHT, 1)
    house.at(TICK, 1)
    health = expect(house.desk("auditor").get("/v1/ops/projection"), 200)
    jobs = {job["job"] for job in health["jobs"]}
    named = {"sweep", "velocity_scan", "conservation", "anchors.nightly", "archive"}
    assert named | {"wallet_proofs"} <= jobs
    assert (health["heads_missing"], health["archive"]["waiting"]) == (0, 0)
    assert health["anchors"]["newest_day"] is not None
