"""The recovery drill: every ledger restored from the archive alone, then held against the proofs.

    make drill STATE=folder            the data of a local edge that is stopped
    make drill ARCHIVE=folder          a downloaded copy of the archive bucket

Restoring takes nothing on trust: the manifests have to hang together, each file has to have the
SHA-256 that its manifest names, each event has to continue its chain and have the hash of its
content. The restored copies are then compared hash by hash with the live wallets (STATE), and with
every head that was ever anchored and is in the archive. The result is stored in D1 for the desk;
for a remote database it is written as SQL, for `wrangler d1 execute`.
"""

import argparse
import json
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "runtime")]

from state_folder import StateFolder, folder_archive, keep_drill  # noqa: E402

from shared.archive.books import book_of_text, manifest_key  # noqa: E402
from shared.archive.lines import unpack_lines  # noqa: E402
from shared.archive.model import FIRST_MANIFEST, FOLDER  # noqa: E402
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7  # noqa: E402
from shared.kernel.times import rfc3339  # noqa: E402
from shared.platform.native.sql import NativeSql  # noqa: E402
from shared.platform.ports import SqlConstraintError  # noqa: E402
from shared.wallet import tables  # noqa: E402
from shared.wallet.chain import event_hash  # noqa: E402
from shared.wallet.model import GENESIS_HASH, Event  # noqa: E402
from shared.wallet.schema import migrate  # noqa: E402

EVENT_FIELDS = tuple(each.name for each in fields(Event))


@dataclass
class Report:
    """What a drill found. Everything in `findings` counts as a difference."""

    manifests: int = 0
    parts: int = 0
    wallets: int = 0
    events: int = 0
    live_wallets: int = 0
    live_events_compared: int = 0
    closed_events: int = 0
    books: int = 0
    events_not_archived_yet: int = 0
    anchored_heads_compared: int = 0
    seconds: int = 0
    findings: list[str] = field(default_factory=list)


def drill(archive: Mapping[str, bytes], live: StateFolder | None, folder: Path) -> Report:
    """Restore every ledger into `folder` and compare."""
    began = time.monotonic()
    report = Report()
    for events in _parts(archive, report):
        _restore(events, folder, report)
    heads = {path.stem: _verify(path, report) for path in sorted(folder.glob("*.sqlite"))}
    report.wallets = len(heads)
    if live is not None:
        _compare_live(archive, live, folder, heads, report)
    _compare_anchors(archive, folder, report)
    report.seconds = round(time.monotonic() - began)
    return report


def _parts(archive: Mapping[str, bytes], report: Report) -> Iterator[list[dict[str, Any]]]:
    """The events of each part that the newest manifest of its day lists, once it is as written."""
    for part in _listed_parts(archive, report):
        packed = archive.get(part["key"])
        if packed is None or sha256(packed).hexdigest() != part["sha256"]:
            report.findings.append(f"{part['key']} is missing or not as its manifest says")
            continue
        report.parts += 1
        yield [json.loads(line) for line in unpack_lines(packed)]


def _listed_parts(archive: Mapping[str, bytes], report: Report) -> list[dict[str, Any]]:
    prefix = f"{FOLDER}/manifests/"
    newest: dict[str, dict[str, Any]] = {}
    previous = FIRST_MANIFEST
    for number, key in enumerate(sorted(k for k in archive if k.startswith(prefix)), start=1):
        manifest = json.loads(archive[key])
        if (manifest["number"], manifest["previous_sha256"]) != (number, previous):
            report.findings.append(f"{key} does not continue the manifest before it")
        previous = sha256(archive[key]).hexdigest()
        newest[manifest["day"]] = manifest
        report.manifests += 1
    listed = [part for day in sorted(newest) for part in newest[day]["parts"]]
    stored = {key for key in archive if key.startswith(f"{FOLDER}/day=") and "/part-" in key}
    for key in sorted(stored - {part["key"] for part in listed}):
        report.findings.append(f"{key} is in no manifest")
    return listed


def _restore(events: list[dict[str, Any]], folder: Path, report: Report) -> None:
    """Put events into their ledgers: tables as the wallet makes them, one file a wallet."""
    by_player: dict[str, list[Event]] = {}
    for members in events:
        by_player.setdefault(members["player_id"], []).append(_event(members))
    for player_id, ledger in by_player.items():
        sql = NativeSql(str(folder / f"{player_id}.sqlite"))
        try:
            migrate(sql)
            sql.transaction(lambda sql=sql, ledger=ledger: tables.append(sql, ledger))  # type: ignore[misc]
            report.events += len(ledger)
        except SqlConstraintError as error:
            report.findings.append(f"{player_id}: an archived event is no event: {error}")
        finally:
            sql.close()


def _event(members: Mapping[str, Any]) -> Event:
    return Event(**{name: members[name] for name in EVENT_FIELDS})


def _verify(path: Path, report: Report) -> int:
    """Recompute a restored chain from its first event; returns how far it holds."""
    seq, head = 0, GENESIS_HASH
    for event in _ledger(path):
        if (event.seq, event.prev_hash) != (seq + 1, head) or event_hash(event) != event.hash:
            report.findings.append(f"{path.stem}: the chain does not hold at {seq + 1}")
            break
        seq, head = event.seq, event.hash
    return seq


def _compare_live(
    archive: Mapping[str, bytes],
    live: StateFolder,
    folder: Path,
    heads: Mapping[str, int],
    report: Report,
) -> None:
    """Every column of every event that both sides have, which includes its hash. What a wallet
    lacks because its books are closed has to be in its books.
    """
    seen = set()
    for player_id, path in live.wallets():
        seen.add(player_id)
        report.live_wallets += 1
        restored = {event.seq: event for event in _ledger(folder / f"{player_id}.sqlite")}
        closed_seq = _check_books(archive, player_id, path, restored, report)
        for event in _ledger(path):
            if event.seq > heads.get(player_id, 0):
                report.events_not_archived_yet += 1
            elif restored[event.seq] != event:
                report.findings.append(f"{player_id}: event {event.seq} differs from the live one")
            else:
                report.live_events_compared += 1
                del restored[event.seq]
        report.closed_events += sum(seq <= closed_seq for seq in restored)
        restored = {seq: event for seq, event in restored.items() if seq > closed_seq}
        if restored:
            report.findings.append(f"{player_id}: the live wallet lacks event {min(restored)}")
    for player_id in sorted(set(heads) - seen):
        report.findings.append(f"{player_id}: there is no live wallet")


def _check_books(
    archive: Mapping[str, bytes],
    player_id: str,
    path: Path,
    restored: Mapping[int, Event],
    report: Report,
) -> int:
    """The wallet's closed books against their files and the restored ledger; the last event that is
    in one.
    """
    closed_seq = 0
    for number, closed_seq, closed_hash, told in _closed_books(path):
        report.books += 1
        manifest = archive.get(manifest_key(player_id, number))
        if manifest is None or sha256(manifest).hexdigest() != told:
            report.findings.append(f"{player_id}: book {number} is not the one that was closed")
            continue
        for event in _book_events(archive, manifest, report):
            if restored.get(event.seq) != event:
                report.findings.append(f"{player_id}: book {number} has another event {event.seq}")
        if closed_seq not in restored or restored[closed_seq].hash != closed_hash:
            report.findings.append(f"{player_id}: book {number} ends on another event")
    return closed_seq


def _book_events(archive: Mapping[str, bytes], manifest: bytes, report: Report) -> Iterator[Event]:
    book = book_of_text(manifest.decode())
    for part in (*book.events, *book.answers):
        packed = archive.get(part.key)
        if packed is None or sha256(packed).hexdigest() != part.sha256:
            report.findings.append(f"{part.key} is missing or not as its manifest says")
        elif part in book.events:
            yield from (_event(json.loads(line)) for line in unpack_lines(packed))


def _closed_books(path: Path) -> list[tuple[int, int, str, str]]:
    """Number, last event, its hash and the manifest's hash, of a wallet's closed books."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'closed_books'"
        if connection.execute(known).fetchone() is None:
            return []
        return connection.execute(
            "SELECT number, closed_seq, closed_hash, manifest_sha256 FROM closed_books "
            "ORDER BY number"
        ).fetchall()


def _compare_anchors(archive: Mapping[str, bytes], folder: Path, report: Report) -> None:
    """Each anchored head that the restored ledger reaches has to be in it."""
    for key in sorted(k for k in archive if k.startswith("anchors/v1/") and "/heads-" in k):
        for line in unpack_lines(archive[key]):
            player_id, seq, head_hash = json.loads(line)
            path = folder / f"{player_id}.sqlite"
            hashes = {event.hash for event in _ledger(path, seq)}
            if not hashes:
                continue
            report.anchored_heads_compared += 1
            if hashes != {head_hash}:
                report.findings.append(f"{player_id}: event {seq} is not the one in {key}")


def _ledger(path: Path, seq: int | None = None) -> Iterator[Event]:
    """The events of a wallet's file, all or one; none when there is no file."""
    if not path.exists():
        return
    where = "" if seq is None else "WHERE seq = ?"
    columns = ", ".join(EVENT_FIELDS)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        statement = f"SELECT {columns} FROM events {where} ORDER BY seq"  # noqa: S608 - names of ours
        for row in connection.execute(statement, () if seq is None else (seq,)):
            yield Event(*row)


def row_of(report: Report, now_ms: int) -> dict[str, Any]:
    """The row of `drills`."""
    return {
        "drill_id": uuid7(now_ms, secrets.token_bytes(RANDOM_BYTES_PER_ID)),
        "drilled_at": now_ms,
        "wallets": report.wallets,
        "events": report.events,
        "differences": len(report.findings),
        "report": asdict(report),
    }


def as_sql(row: Mapping[str, Any]) -> str:
    """The row as a statement for `wrangler d1 execute --file`."""
    told = json.dumps(row["report"]).replace("'", "''")
    numbers = ", ".join(str(row[n]) for n in ("drilled_at", "wallets", "events", "differences"))
    return f"INSERT INTO drills VALUES ('{row['drill_id']}', {numbers}, '{told}');\n"  # noqa: S608 - ours


def text(report: Report) -> str:
    """The report for a person."""
    told = {name: value for name, value in asdict(report).items() if name != "findings"}
    lines = [f"{name.replace('_', ' '):<26}{value:>12,}" for name, value in told.items()]
    lines += [f"  {finding}" for finding in report.findings]
    verdict = f"{len(report.findings)} DIFFERENCES" if report.findings else "EQUAL, hash by hash"
    return "\n".join([*lines, verdict])


def main() -> int:
    """0 when everything is equal, 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--state", type=Path, help="data folder of a stopped local edge")
    source.add_argument("--archive", type=Path, help="folder with a copy of the archive bucket")
    parser.add_argument("--sql", type=Path, help="file for the row, when the database is remote")
    wanted = parser.parse_args()
    live = StateFolder(wanted.state) if wanted.state else None
    archive = live.archive() if live else folder_archive(wanted.archive)
    with tempfile.TemporaryDirectory(prefix="acmetocasino-drill-") as folder:
        report = drill(archive, live, Path(folder))
    now_ms = time.time_ns() // 1_000_000
    row = row_of(report, now_ms)
    if live is not None:
        keep_drill(live.database(), row)
    elif wanted.sql is not None:
        wanted.sql.write_text(as_sql(row), encoding="utf-8")
    print(f"drill of {rfc3339(now_ms)}\n{text(report)}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
