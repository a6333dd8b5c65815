"""The data of a local edge that is stopped, read as the platform's services would show it.

The layout is Miniflare's: one SQLite file for each Durable Object, D1 database and R2 bucket, and a
folder of blobs beside a bucket. Live files are read through copies, so that looking at a wallet
never changes it.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

ARCHIVE_BUCKET = "acmetocasino-archive"


class StateFolder:
    """`make dev STATE=folder`, while that edge is not running."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def database(self) -> Path:
        """The file of the D1 database.

        Raises:
            SystemExit: when there is none.
        """
        for path in sorted(self._folder.rglob("*.sqlite")):
            if _has_tables(path, "wallet_events", "drills"):
                return path
        raise SystemExit(f"{self._folder} holds no database of this release: start the edge on it")

    def archive(self) -> dict[str, bytes]:
        """Everything in the archive bucket, by key."""
        blobs = self._folder / "r2" / ARCHIVE_BUCKET / "blobs"
        objects: dict[str, bytes] = {}
        for path in sorted((self._folder / "r2").rglob("*.sqlite")):
            if not _has_tables(path, "_mf_objects"):
                continue
            with closing(_read_only(path)) as connection:
                found = connection.execute("SELECT key, blob_id FROM _mf_objects").fetchall()
            objects |= {
                key: (blobs / blob_id).read_bytes()
                for key, blob_id in found
                if (blobs / blob_id).exists()
            }
        return objects

    def wallets(self) -> Iterator[tuple[str, Path]]:
        """Player id and file of every wallet object that was opened."""
        for path in sorted(self._folder.rglob("*.sqlite")):
            if not _has_tables(path, "events", "commands", "outbox", "meta"):
                continue
            with closing(_read_only(path)) as connection:
                row = connection.execute("SELECT player_id FROM meta WHERE id = 1").fetchone()
            if row is not None:
                yield str(row[0]), path


def folder_archive(folder: Path) -> dict[str, bytes]:
    """A copy of the bucket that was downloaded into a folder, by key."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def copy_of(path: Path, to: Path) -> Path:
    """A copy of a SQLite file, what is still in its log included."""
    with closing(_read_only(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def keep_drill(database: Path, row: Mapping[str, object]) -> None:
    """Store the result of a drill where the desk sees it."""
    with closing(sqlite3.connect(database, timeout=5)) as connection, connection:
        connection.execute(
            "INSERT INTO drills (drill_id, drilled_at, wallets, events, differences, report) "
            "VALUES (:drill_id, :drilled_at, :wallets, :events, :differences, :report)",
            {**row, "report": json.dumps(row["report"])},
        )


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _has_tables(path: Path, *names: str) -> bool:
    with closing(_read_only(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return set(names) <= {row[0] for row in rows}
