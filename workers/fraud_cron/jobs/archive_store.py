"""The index of the archive in D1: what waits, what is written, what is published.

A part counts when its row is there: the row, the wallets' archived heads and the list of work move
in one transaction, after the file has been written. A file without a row is overwritten by the next
attempt under the same name.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from jobs.chain import EMPTY, Head
from jobs.records import integer, text
from jobs.wallet_event import COLUMNS
from shared.archive.model import FIRST_MANIFEST, Manifest, Part, Place, day_end_ms
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.platform.ports import Database, Record, Statement

_WAITING_DAY: Final = "SELECT min(day) AS day FROM archive_queue WHERE held = 0 AND day < ?"

_ROWS: Final = f"""
SELECT {", ".join(f"e.{column}" for column in COLUMNS)}
FROM archive_queue AS q
LEFT JOIN archive_heads AS a ON a.player_id = q.player_id
JOIN wallet_events AS e ON e.player_id = q.player_id AND e.seq > coalesce(a.seq, 0)
WHERE q.day = ?1 AND q.held = 0 AND e.recorded_at < ?2
  AND q.player_id >= ?3 AND (q.player_id > ?3 OR e.seq > ?4)
ORDER BY q.player_id, e.seq LIMIT CAST(?5 AS INTEGER)
"""  # noqa: S608 - built from constants of this module, at import

_HEADS: Final = """
SELECT a.player_id, a.seq, a.hash FROM archive_heads AS a
JOIN json_each(?) AS p ON a.player_id = p.value
"""

_HOLD: Final = "UPDATE archive_queue SET held = 1 WHERE player_id = ?"

_NEXT: Final = """
SELECT coalesce(max(number), 0) + 1 AS number,
       (SELECT coalesce(max(part), 0) + 1 FROM archive_parts WHERE day = ?) AS part
FROM archive_parts
"""

_KEEP_PART: Final = """
INSERT INTO archive_parts (day, part, number, key, rows, bytes, sha256, first, last, made_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_MOVE_HEADS: Final = """
INSERT INTO archive_heads (player_id, seq, hash)
SELECT h.value ->> 0, h.value ->> 1, h.value ->> 2 FROM json_each(?) AS h WHERE true
ON CONFLICT (player_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
"""

# A wallet leaves the list when its next event, if there is one, belongs to a later day.
_TAKE_OFF: Final = """
DELETE FROM archive_queue WHERE day = ?1 AND held = 0 AND player_id <= ?3 AND NOT EXISTS (
  SELECT 1 FROM wallet_events AS e WHERE e.player_id = archive_queue.player_id
  AND e.seq = 1 + coalesce((SELECT seq FROM archive_heads AS a
                            WHERE a.player_id = archive_queue.player_id), 0)
  AND e.recorded_at < ?2)
"""

_UNPUBLISHED: Final = "SELECT day FROM archive_parts WHERE published = 0 ORDER BY number LIMIT 1"

_PARTS: Final = "SELECT * FROM archive_parts WHERE day = ? ORDER BY part"

_KEEP_MANIFEST: Final = """
INSERT INTO archive_manifests
  (number, day, revision, parts, rows, sha256, previous_sha256, made_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

AFTER_EVERY_PLAYER: Final = "~"
"""Sorts after every id."""


async def waiting_day(db: Database, before_day: str) -> str | None:
    """The oldest day before `before_day` that has something to archive."""
    row = await db.first(_WAITING_DAY, before_day)
    return text(row, "day") if row and row["day"] is not None else None


async def waiting_rows(
    db: Database, day: str, after: tuple[str, int], limit: int
) -> list[dict[str, Any]]:
    """Events of wallets on the day's list that are not archived, up to the end of that day, sorted
    by player and seq, from the place `after` on.
    """
    return [dict(r) for r in await db.query(_ROWS, day, day_end_ms(day), *after, limit)]


async def archived_heads(db: Database, players: Sequence[str]) -> dict[str, Head]:
    """How far each wallet is archived; `EMPTY` when it is not at all."""
    heads = dict.fromkeys(players, EMPTY)
    for record in await db.query(_HEADS, canonical_json(list(players))):
        heads[text(record, "player_id")] = Head(integer(record, "seq"), text(record, "hash"))
    return heads


async def hold(db: Database, player_id: str) -> None:
    """Archive nothing more of this wallet until a person, or a rebuild, has put it right."""
    await db.execute(_HOLD, player_id)


async def next_part(db: Database, day: str) -> tuple[int, int]:
    """The number that the next part has among all, and among those of its day."""
    row = await db.first(_NEXT, day)
    assert row is not None
    return integer(row, "number"), integer(row, "part")


def with_part(day: str, part: int, number: int, made: Part, made_at: int) -> Statement:
    """The statement that makes a written file count."""
    ends = [
        canonical_json([place.player_id, place.seq, place.recorded_at])
        for place in (made.first, made.last)
    ]
    file = (made.key, made.rows, made.bytes, made.sha256)
    return Statement(_KEEP_PART, (day, part, number, *file, *ends, made_at))


def with_progress(day: str, heads: Mapping[str, Head], until_player: str) -> list[Statement]:
    """The statements that move archived heads, and take off the list what is done of it."""
    moved = canonical_json([[player_id, head.seq, head.hash] for player_id, head in heads.items()])
    return [
        Statement(_MOVE_HEADS, (moved,)),
        Statement(_TAKE_OFF, (day, day_end_ms(day), until_player)),
    ]


async def unpublished_day(db: Database) -> str | None:
    """A day with parts that its manifest does not list yet."""
    row = await db.first(_UNPUBLISHED)
    return text(row, "day") if row else None


async def next_manifest(db: Database, day: str, now_ms: int) -> Manifest:
    """The manifest of all parts of the day, behind the one published last."""
    last = await db.first("SELECT * FROM archive_manifests ORDER BY number DESC LIMIT 1")
    revisions = await db.first("SELECT count(*) AS n FROM archive_manifests WHERE day = ?", day)
    assert revisions is not None
    return Manifest(
        number=integer(last, "number") + 1 if last else 1,
        day=day,
        revision=integer(revisions, "n") + 1,
        parts=[_part(record) for record in await db.query(_PARTS, day)],
        previous_sha256=text(last, "sha256") if last else FIRST_MANIFEST,
        made_at=now_ms,
    )


async def keep_manifest(db: Database, manifest: Manifest) -> None:
    """Note that the manifest is published, with the parts that it lists."""
    row = (
        manifest.number,
        manifest.day,
        manifest.revision,
        len(manifest.parts),
        sum(part.rows for part in manifest.parts),
        sha256_hex(manifest.text),
        manifest.previous_sha256,
        manifest.made_at,
    )
    published = "UPDATE archive_parts SET published = 1 WHERE day = ? AND part <= ?"
    await db.batch(
        [
            Statement(_KEEP_MANIFEST, row),
            Statement(published, (manifest.day, len(manifest.parts))),
        ]
    )


def _part(record: Record) -> Part:
    return Part(
        key=text(record, "key"),
        rows=integer(record, "rows"),
        bytes=integer(record, "bytes"),
        sha256=text(record, "sha256"),
        first=Place(*json.loads(text(record, "first"))),
        last=Place(*json.loads(text(record, "last"))),
    )
