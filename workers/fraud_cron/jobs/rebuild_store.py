"""A rebuild in D1: its row, the copy that it fills, the comparison, and the change of names.

The copy has the shape of the projection in use, down to the trigger that moves the totals. Putting
it into use is one transaction that swaps the names of four pairs of tables: readers and consumers
see the one or the other, never a mixture, and a consumer that had decided on a head of the old copy
finds another head and decides again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.records import integer, text
from jobs.wallet_event import COLUMNS
from shared.kernel.canonical import canonical_json
from shared.platform.ports import Database, SqlValue, Statement

_PAIRS: Final = (
    ("wallet_events", "rebuild_events"),
    ("projection_heads", "rebuild_heads"),
    ("projection_totals", "rebuild_totals"),
    ("account_totals", "rebuild_account_totals"),
)

_EMPTY: Final = """
DELETE FROM rebuild_events WHERE (player_id, seq) IN
  (SELECT player_id, seq FROM rebuild_events LIMIT CAST(? AS INTEGER))
"""

_PLAYERS: Final = """
SELECT player_id FROM players WHERE player_id > ? AND wallet_opened_at IS NOT NULL
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

_BOTH_HEADS: Final = """
SELECT p.player_id, coalesce(h.seq, 0) AS seq, coalesce(r.seq, 0) AS rebuilt_seq
FROM (SELECT player_id FROM projection_heads WHERE player_id > ?1
      UNION SELECT player_id FROM rebuild_heads WHERE player_id > ?1
      ORDER BY player_id LIMIT CAST(?2 AS INTEGER)) AS p
LEFT JOIN projection_heads AS h ON h.player_id = p.player_id
LEFT JOIN rebuild_heads AS r ON r.player_id = p.player_id
"""


def _values(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in COLUMNS)


# Row for row over the same places: what one side lacks, and what both have and differs.
_DIFFERENCES: Final = f"""
WITH asked AS (SELECT value ->> 0 AS player_id, value ->> 1 AS from_seq, value ->> 2 AS to_seq
               FROM json_each(?1))
INSERT OR IGNORE INTO rebuild_differences (rebuild_id, player_id, seq, side)
SELECT ?2, a.player_id, a.seq, iif(b.seq IS NULL, 'projection', 'both')
FROM asked JOIN wallet_events AS a
  ON a.player_id = asked.player_id AND a.seq BETWEEN asked.from_seq AND asked.to_seq
LEFT JOIN rebuild_events AS b ON b.player_id = a.player_id AND b.seq = a.seq
WHERE b.seq IS NULL OR ({_values("a")}) IS NOT ({_values("b")})
UNION ALL
SELECT ?2, b.player_id, b.seq, 'rebuilt'
FROM asked JOIN rebuild_events AS b
  ON b.player_id = asked.player_id AND b.seq BETWEEN asked.from_seq AND asked.to_seq
LEFT JOIN wallet_events AS a ON a.player_id = b.player_id AND a.seq = b.seq
WHERE a.seq IS NULL
"""  # noqa: S608 - built from constants of this module, at import

_LEVEL: Final = """
SELECT NOT EXISTS (SELECT player_id, seq, head_hash FROM projection_heads
                   EXCEPT SELECT player_id, seq, head_hash FROM rebuild_heads)
   AND NOT EXISTS (SELECT player_id, seq, head_hash FROM rebuild_heads
                   EXCEPT SELECT player_id, seq, head_hash FROM projection_heads) AS level,
       (SELECT count(*) FROM (SELECT * FROM projection_totals EXCEPT SELECT * FROM rebuild_totals))
     + (SELECT count(*) FROM (SELECT * FROM account_totals
                              EXCEPT SELECT * FROM rebuild_account_totals)) AS sums
"""

_MOVE: Final = """
UPDATE rebuilds SET stage = ?, cursor = ?, wallets = wallets + CAST(? AS INTEGER),
  events = events + CAST(? AS INTEGER), unavailable = unavailable + CAST(? AS INTEGER),
  updated_at = ?
WHERE rebuild_id = ? AND status = 'running'
"""

_END: Final = """
UPDATE rebuilds SET stage = 'end', status = ?1, detail = ?2, updated_at = ?3, differences =
  (SELECT count(*) FROM rebuild_differences AS d WHERE d.rebuild_id = rebuilds.rebuild_id)
WHERE rebuild_id = ?4 AND status = 'running'
"""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The row of a rebuild that runs. Stages: clear, fill, compare, swap, end."""

    rebuild_id: str
    source: str
    swap: bool
    stage: str
    cursor: str
    unavailable: int


async def running(db: Database) -> Rebuild | None:
    """The rebuild that runs; there is at most one."""
    row = await db.first("SELECT * FROM rebuilds WHERE status = 'running'")
    if row is None:
        return None
    return Rebuild(
        rebuild_id=text(row, "rebuild_id"),
        source=text(row, "source"),
        swap=bool(integer(row, "swap")),
        stage=text(row, "stage"),
        cursor=text(row, "cursor"),
        unavailable=integer(row, "unavailable"),
    )


async def move(
    db: Database,
    rebuild: Rebuild,
    stage: str,
    cursor: str,
    now_ms: int,
    *,
    wallets: int = 0,
    events: int = 0,
    unavailable: int = 0,
) -> None:
    """Note how far the rebuild is; the counts are added to those noted before."""
    params = (stage, cursor, wallets, events, unavailable, now_ms, rebuild.rebuild_id)
    await db.execute(_MOVE, *params)


async def end(db: Database, rebuild: Rebuild, status: str, detail: str | None, now_ms: int) -> None:
    """The rebuild is over; its differences are counted."""
    await db.execute(_END, status, detail, now_ms, rebuild.rebuild_id)


async def empty(db: Database, limit: int) -> bool:
    """Remove a bounded number of rows of the former copy; True when nothing of it is left."""
    if await db.execute(_EMPTY, limit):
        return False
    tables = [table for _, table in _PAIRS[1:]]
    await db.batch([Statement(f"DELETE FROM {table}") for table in tables])  # noqa: S608 - names of ours
    return True


async def wallets_after(db: Database, cursor: str, limit: int) -> list[str]:
    """The next players with an open wallet."""
    return [text(record, "player_id") for record in await db.query(_PLAYERS, cursor, limit)]


async def part_after(db: Database, number: int) -> tuple[int, str, str] | None:
    """Number, key and SHA-256 of the next part of the archive, in the order of publication."""
    row = await db.first(
        "SELECT number, key, sha256 FROM archive_parts WHERE number > ? ORDER BY number LIMIT 1",
        number,
    )
    return (integer(row, "number"), text(row, "key"), text(row, "sha256")) if row else None


async def heads_on_both_sides(db: Database, cursor: str, limit: int) -> list[tuple[str, int, int]]:
    """The next players of either copy, with the seq of their heads in use and rebuilt."""
    return [
        (text(r, "player_id"), integer(r, "seq"), integer(r, "rebuilt_seq"))
        for r in await db.query(_BOTH_HEADS, cursor, limit)
    ]


async def note_differences(
    db: Database, rebuild: Rebuild, places: Sequence[tuple[str, int, int]]
) -> None:
    """Compare the rows at these places (player, first seq, last seq) and note those that differ."""
    asked: SqlValue = canonical_json([list(place) for place in places])
    await db.execute(_DIFFERENCES, asked, rebuild.rebuild_id)


async def note_difference(
    db: Database, rebuild: Rebuild, player_id: str, seq: int, side: str
) -> None:
    """Note one place that only `side` has, or that does not continue its own chain there."""
    await db.execute(
        "INSERT OR IGNORE INTO rebuild_differences (rebuild_id, player_id, seq, side) "
        "VALUES (?, ?, ?, ?)",
        rebuild.rebuild_id,
        player_id,
        seq,
        side,
    )


async def sums_differ(db: Database) -> int | None:
    """How many rows of the totals and accounts differ; None while the copies are not level."""
    row = await db.first(_LEVEL)
    assert row is not None
    return integer(row, "sums") if row["level"] else None


async def difference_count(db: Database, rebuild: Rebuild) -> int:
    """How many differences were noted."""
    row = await db.first(
        "SELECT count(*) AS n FROM rebuild_differences WHERE rebuild_id = ?", rebuild.rebuild_id
    )
    assert row is not None
    return integer(row, "n")


async def put_into_use(db: Database, rebuild: Rebuild, detail: str, now_ms: int) -> None:
    """Swap the names of the copies and end the rebuild, in one transaction. Wallets that the
    archive held back because of the old copy are let go.
    """
    statements = []
    for in_use, rebuilt in _PAIRS:
        for old, new in ((in_use, "swapping"), (rebuilt, in_use), ("swapping", rebuilt)):
            statements.append(Statement(f"ALTER TABLE {old} RENAME TO {new}"))
    statements.append(Statement("UPDATE archive_queue SET held = 0"))
    statements.append(Statement(_END, ("swapped", detail, now_ms, rebuild.rebuild_id)))
    await db.batch(statements)
