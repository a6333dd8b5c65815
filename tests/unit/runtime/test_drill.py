"""The drill restores ledgers from the archive alone and sees each way in which they may differ."""

import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from drill import Report, as_sql, drill, main, row_of, text
from state_folder import folder_archive

from shared.archive.lines import pack_lines
from shared.archive.model import Manifest, Part, Place, manifest_keys, part_key
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.wallet.chain import link
from shared.wallet.model import Draft, Event
from shared.wallet.store import head_before_opening

DAYS = ("2026-11-20", "2026-11-21")
PLAYERS = ("01938f6e-7c1a-7b3e-8f00-000000000001", "01938f6e-7c1a-7b3e-8f00-000000000002")


def ledger(player_id: str) -> tuple[Event, ...]:
    drafts = tuple(
        Draft(
            event_id=f"{player_id[:24]}{n:012d}",
            type="DEPOSIT",
            data={"n": n},
            amount_minor=100,
            cash_delta=100,
        )
        for n in range(6)
    )
    return link(head_before_opening(player_id, "BRL", "br"), drafts, None, 1_000)


def members(player_id: str, event: Event) -> dict[str, Any]:
    columns = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return {"player_id": player_id, "currency": "BRL"} | columns


@dataclass
class Bucket:
    """An archive of two days, three events of each player in each, and one anchor."""

    objects: dict[str, bytes]

    @classmethod
    def sound(cls) -> "Bucket":
        bucket = cls({})
        previous = "0" * 64
        for number, day in enumerate(DAYS, start=1):
            rows = [
                members(player_id, event)
                for player_id in PLAYERS
                for event in ledger(player_id)[3 * number - 3 : 3 * number]
            ]
            previous = bucket.write(day, number, rows, previous)
        heads = [canonical_json([one, 6, ledger(one)[5].hash]) for one in PLAYERS]
        bucket.objects[f"anchors/v1/day={DAYS[1]}/heads-00000.ndjson.gz"] = pack_lines(heads)
        return bucket

    def write(self, day: str, number: int, rows: list[dict[str, Any]], previous: str) -> str:
        packed = pack_lines(canonical_json(row) for row in rows)
        self.objects[part_key(day, 1)] = packed
        place = Place("p", 1, 1)
        digest = sha256(packed).hexdigest()
        part = Part(part_key(day, 1), len(rows), len(packed), digest, place, place)
        manifest = Manifest(number, day, 1, [part], previous, 0)
        for key in manifest_keys(day, number):
            self.objects[key] = manifest.text.encode()
        return sha256_hex(manifest.text)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket.sound()


def found(bucket: Bucket, folder: Path) -> Report:
    folder.mkdir(exist_ok=True)
    return drill(bucket.objects, None, folder)


def test_a_sound_archive_restores_every_ledger_and_meets_every_anchor(
    bucket: Bucket, tmp_path: Path
) -> None:
    report = found(bucket, tmp_path)
    assert (report.wallets, report.events, report.manifests, report.parts) == (2, 12, 2, 2)
    assert report.anchored_heads_compared == 2
    assert report.findings == []
    for player_id in PLAYERS:
        with closing(sqlite3.connect(tmp_path / f"{player_id}.sqlite")) as connection:
            rows = connection.execute("SELECT hash FROM events ORDER BY seq").fetchall()
        assert [row[0] for row in rows] == [event.hash for event in ledger(player_id)]


def test_a_changed_file_is_not_restored_from(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects[part_key(DAYS[1], 1)] = pack_lines([])
    report = found(bucket, tmp_path)
    assert f"{part_key(DAYS[1], 1)} is missing or not as its manifest says" in report.findings


def test_a_file_in_no_manifest_is_named(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects[part_key(DAYS[0], 2)] = pack_lines([])
    assert found(bucket, tmp_path).findings == [f"{part_key(DAYS[0], 2)} is in no manifest"]


def test_a_manifest_that_was_replaced_or_removed_breaks_the_chain(
    bucket: Bucket, tmp_path: Path
) -> None:
    first, _ = manifest_keys(DAYS[0], 1)
    told = json.loads(bucket.objects[first])
    bucket.objects[first] = canonical_json(told | {"made_at": "later"}).encode()
    second, _ = manifest_keys(DAYS[1], 2)
    assert found(bucket, tmp_path).findings == [
        f"{second} does not continue the manifest before it"
    ]


def test_a_rewritten_event_under_a_true_manifest_breaks_the_wallet_s_chain(
    bucket: Bucket, tmp_path: Path
) -> None:
    """As somebody with the keys of the bucket could do, but not without breaking the anchors."""
    rows = [members(one, event) for one in PLAYERS for event in ledger(one)[:3]]
    rows[1]["amount_minor"] = 999
    forged = Bucket({})
    previous = forged.write(DAYS[0], 1, rows, "0" * 64)
    rest = [members(one, event) for one in PLAYERS for event in ledger(one)[3:]]
    forged.write(DAYS[1], 2, rest, previous)
    assert found(forged, tmp_path).findings == [f"{PLAYERS[0]}: the chain does not hold at 2"]


def test_a_ledger_that_is_not_the_anchored_one_is_named(bucket: Bucket, tmp_path: Path) -> None:
    key = f"anchors/v1/day={DAYS[1]}/heads-00000.ndjson.gz"
    bucket.objects[key] = pack_lines([canonical_json([PLAYERS[0], 6, "0" * 64])])
    assert found(bucket, tmp_path).findings == [f"{PLAYERS[0]}: event 6 is not the one in {key}"]


def test_the_same_events_twice_are_a_finding(bucket: Bucket, tmp_path: Path) -> None:
    twice = Bucket({})
    rows = [members(PLAYERS[0], event) for event in ledger(PLAYERS[0])]
    previous = twice.write(DAYS[0], 1, rows, "0" * 64)
    twice.write(DAYS[1], 2, rows[:1], previous)
    [finding] = found(twice, tmp_path).findings
    assert finding.startswith(f"{PLAYERS[0]}: an archived event is no event")


def test_a_downloaded_bucket_is_drilled_from_the_command_line(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for key, content in bucket.objects.items():
        path = tmp_path / "bucket" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert folder_archive(tmp_path / "bucket") == bucket.objects
    sql = tmp_path / "drill.sql"
    command = ["drill.py", "--archive", str(tmp_path / "bucket"), "--sql", str(sql)]
    monkeypatch.setattr(sys, "argv", command)
    assert main() == 0
    assert "EQUAL, hash by hash" in capsys.readouterr().out
    with closing(stored(sql.read_text(encoding="utf-8"))) as database:
        assert database.execute("SELECT wallets, differences FROM drills").fetchone() == (2, 0)


def test_a_report_with_quotes_survives_as_sql() -> None:
    row = row_of(Report(findings=["it's different"]), 5)
    with closing(stored(as_sql(row))) as database:
        (told,) = database.execute("SELECT report FROM drills").fetchone()
    assert json.loads(told)["findings"] == ["it's different"]
    assert text(Report(findings=["x"])).endswith("1 DIFFERENCES")


def stored(statement: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    migration = Path(__file__).resolve().parents[3] / "migrations_d1" / "0005_proof.sql"
    create = migration.read_text(encoding="utf-8")
    start = create.index("CREATE TABLE drills")
    database.execute(create[start : create.index(";", start)])
    database.executescript(statement)
    return database
