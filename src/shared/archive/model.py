"""The archive: every event of every wallet as compressed lines of JSON, by the day it was recorded.

Days are São Paulo days, as in every report and limit of the jurisdiction; the offset is fixed, so a
day's boundary never moves. A part is a file of at most a few thousand events, a manifest lists a
day's parts with their SHA-256. Late events become further parts and a new revision of the day's
manifest. Each manifest names the SHA-256 of the one published before it, whichever day that was, so
the whole archive hangs on the newest one: no part can be changed, dropped or slipped in unnoticed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS, SAO_PAULO_OFFSET_MS, rfc3339

ARCHIVE_FORMAT: Final = "acme.archive/1"
FIRST_MANIFEST: Final = "0" * 64
"""What the first manifest names as the one before."""

FOLDER: Final = "events/v1"


@dataclass(frozen=True, slots=True)
class Place:
    """Which event stands at an end of a part."""

    player_id: str
    seq: int
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Part:
    """One file; its lines are sorted by player and seq."""

    key: str
    rows: int
    bytes: int
    sha256: str
    first: Place
    last: Place


@dataclass(frozen=True, slots=True)
class Manifest:
    """All parts of a day as of this revision; `number` counts the publications of all days."""

    number: int
    day: str
    revision: int
    parts: Sequence[Part]
    previous_sha256: str
    made_at: int

    @property
    def text(self) -> str:
        """The file's content; its SHA-256 is what the next manifest names."""
        return canonical_json(
            {
                "format": ARCHIVE_FORMAT,
                "number": self.number,
                "day": self.day,
                "revision": self.revision,
                "rows": sum(part.rows for part in self.parts),
                "parts": [asdict(part) for part in self.parts],
                "previous_sha256": self.previous_sha256,
                "made_at": rfc3339(self.made_at),
            }
        )


def part_key(day: str, part: int) -> str:
    """Where a part is: `day=` is a partition column to DuckDB, Spark and their like."""
    return f"{FOLDER}/day={day}/part-{part:05d}.ndjson.gz"


def manifest_keys(day: str, number: int) -> tuple[str, str]:
    """Where a manifest is: under its number for good, and as the newest of its day."""
    return f"{FOLDER}/manifests/{number:08d}.json", f"{FOLDER}/day={day}/manifest.json"


def day_end_ms(day: str) -> int:
    """The first UTC millisecond after the São Paulo day `YYYY-MM-DD`."""
    number = (date.fromisoformat(day) - date(1970, 1, 1)).days
    return (number + 1) * DAY_MS - SAO_PAULO_OFFSET_MS


def line_of(columns: Sequence[str], row: Sequence[object]) -> str:
    """One event as a line: every column by name, `data` as the text that was hashed."""
    return canonical_json(dict(zip(columns, row, strict=True)))
