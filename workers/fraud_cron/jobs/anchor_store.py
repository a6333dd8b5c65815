"""The anchor of a day in D1: the run that makes it, the heads it gathered, the row that stays.

Every step is one D1 transaction guarded by the stage and cursor that it was decided on, so a tick
that dies or overlaps another repeats work and never does a different one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.records import integer, text
from shared.audit.anchors import GENESIS_ANCHOR, SUBTREE_LEAVES, Anchor, WalletHead, subtree_root
from shared.audit.model import GENESIS_HASH
from shared.kernel.canonical import canonical_json
from shared.platform.ports import Database, Record, Statement

_BEGIN: Final = f"""
INSERT OR IGNORE INTO anchor_runs
  (day, stage, cursor, attempts, leaves, missing, audit_seq, audit_hash, started_at)
SELECT ?1, 'gather', '', 0, 0, 0, coalesce(max(seq), 0),
       coalesce((SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1), '{GENESIS_HASH}'), ?2
FROM audit_log
"""  # noqa: S608 - built from constants of this module, at import

_PLAYERS: Final = """
SELECT player_id FROM players
WHERE player_id > ? AND wallet_opened_at IS NOT NULL AND wallet_opened_at <= ?
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

_MISSING: Final = """
SELECT player_id FROM anchor_heads WHERE day = ? AND seq IS NULL AND player_id > ?
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

# What was gathered stays: a second answer could only be a later one.
_KEEP: Final = """
INSERT INTO anchor_heads (day, player_id, seq, head_hash)
SELECT ?1, h.value ->> 0, h.value ->> 1, h.value ->> 2 FROM json_each(?2) AS h WHERE true
ON CONFLICT (day, player_id) DO UPDATE SET seq = excluded.seq, head_hash = excluded.head_hash
WHERE anchor_heads.seq IS NULL
"""

_MOVE: Final = """
UPDATE anchor_runs SET stage = ?2, cursor = ?3, attempts = ?4
WHERE day = ?1 AND stage = ?5 AND cursor = ?6
"""

_COUNT: Final = """
UPDATE anchor_runs SET (leaves, missing) =
  (SELECT count(seq), count(*) - count(seq) FROM anchor_heads WHERE day = ?1)
WHERE day = ?1
"""

_HEADS: Final = """
SELECT player_id, seq, head_hash FROM anchor_heads
WHERE day = ? AND seq IS NOT NULL AND player_id > ? ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

_SUBTREES: Final = """
INSERT OR REPLACE INTO anchor_subtrees (day, number, first_player_id, leaves, root)
SELECT ?1, s.value ->> 0, s.value ->> 1, s.value ->> 2, s.value ->> 3 FROM json_each(?2) AS s
"""

_ANCHOR_COLUMNS: Final = (
    "day, root, leaves, missing, previous, audit_seq, audit_hash, made_at, previous_hash, hash"
)

_OLD: Final = """
DELETE FROM anchor_{table} WHERE (day, {key}) IN
  (SELECT day, {key} FROM anchor_{table} WHERE day < ?1 ORDER BY day LIMIT CAST(?2 AS INTEGER))
"""


@dataclass(frozen=True, slots=True)
class AnchorRun:
    """A row of `anchor_runs`. Stages: gather, again, build, publish, done."""

    day: str
    stage: str
    cursor: str
    attempts: int
    leaves: int
    missing: int
    audit_seq: int
    audit_hash: str
    started_at: int


async def open_run(db: Database) -> AnchorRun | None:
    """The run that is not done; there is at most one."""
    row = await db.first("SELECT * FROM anchor_runs WHERE stage <> 'done' ORDER BY day LIMIT 1")
    if row is None:
        return None
    return AnchorRun(
        day=text(row, "day"),
        stage=text(row, "stage"),
        cursor=text(row, "cursor"),
        attempts=integer(row, "attempts"),
        leaves=integer(row, "leaves"),
        missing=integer(row, "missing"),
        audit_seq=integer(row, "audit_seq"),
        audit_hash=text(row, "audit_hash"),
        started_at=integer(row, "started_at"),
    )


async def begin_run(db: Database, day: str, now_ms: int) -> None:
    """Open the run of `day`, which notes the head of the operators' log as it is now."""
    await db.execute(_BEGIN, day, now_ms)


async def last_day(db: Database) -> str:
    """The newest day that has a run; empty before the first."""
    row = await db.first("SELECT coalesce(max(day), '') AS day FROM anchor_runs")
    assert row is not None
    return text(row, "day")


async def players_after(db: Database, run: AnchorRun, limit: int) -> list[str]:
    """The next players whose wallets were open when the run began."""
    found = await db.query(_PLAYERS, run.cursor, run.started_at, limit)
    return [text(record, "player_id") for record in found]


async def missing_after(db: Database, run: AnchorRun, limit: int) -> list[str]:
    """The next players whose wallets have not answered yet."""
    found = await db.query(_MISSING, run.day, run.cursor, limit)
    return [text(record, "player_id") for record in found]


async def keep_heads(
    db: Database,
    run: AnchorRun,
    heads: Sequence[tuple[str, int | None, str | None]],
    move: Statement,
) -> None:
    """Store what wallets answered (None: nothing) and move the run, in one transaction."""
    await db.batch([Statement(_KEEP, (run.day, canonical_json(list(heads)))), move])


def moved(run: AnchorRun, stage: str, cursor: str, attempts: int = 0) -> Statement:
    """The statement that moves the run from where it stands."""
    return Statement(_MOVE, (run.day, stage, cursor, attempts, run.stage, run.cursor))


def counted(run: AnchorRun) -> Statement:
    """The statement that counts leaves and missing wallets of the run."""
    return Statement(_COUNT, (run.day,))


async def heads_after(db: Database, run: AnchorRun, limit: int) -> list[WalletHead]:
    """The next gathered heads, in the order of the leaves."""
    found = await db.query(_HEADS, run.day, run.cursor, limit)
    return [
        WalletHead(text(r, "player_id"), integer(r, "seq"), text(r, "head_hash")) for r in found
    ]


def with_subtrees(run: AnchorRun, first_number: int, heads: Sequence[WalletHead]) -> Statement:
    """The statement that stores the subtrees over `heads`, which begin at an aligned leaf."""
    rows = []
    for start in range(0, len(heads), SUBTREE_LEAVES):
        leaves = list(heads[start : start + SUBTREE_LEAVES])
        number = first_number + start // SUBTREE_LEAVES
        rows.append([number, leaves[0].player_id, len(leaves), subtree_root(leaves)])
    return Statement(_SUBTREES, (run.day, canonical_json(rows)))


async def subtree_count(db: Database, day: str) -> int:
    """How many subtrees of the day are stored."""
    row = await db.first("SELECT count(*) AS n FROM anchor_subtrees WHERE day = ?", day)
    assert row is not None
    return integer(row, "n")


async def subtree_roots(db: Database, day: str) -> list[str]:
    """The roots of the day's subtrees, in the order of the leaves."""
    found = await db.query("SELECT root FROM anchor_subtrees WHERE day = ? ORDER BY number", day)
    return [text(record, "root") for record in found]


async def previous_anchor(db: Database, day: str) -> tuple[str, str]:
    """Root and hash of the anchor before `day`."""
    row = await db.first(
        "SELECT root, hash FROM anchors WHERE day < ? ORDER BY day DESC LIMIT 1", day
    )
    return (text(row, "root"), text(row, "hash")) if row else (GENESIS_ANCHOR, GENESIS_ANCHOR)


async def keep_anchor(db: Database, anchor: Anchor) -> Anchor:
    """Store the anchor, unless the day has one; returns the one that is stored."""
    await db.execute(
        f"INSERT OR IGNORE INTO anchors ({_ANCHOR_COLUMNS}) "  # noqa: S608 - names of ours
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        anchor.day,
        anchor.root,
        anchor.leaves,
        anchor.missing,
        anchor.previous,
        anchor.audit_seq,
        anchor.audit_hash,
        anchor.made_at,
        anchor.previous_hash,
        anchor.hash,
    )
    row = await db.first("SELECT * FROM anchors WHERE day = ?", anchor.day)
    assert row is not None
    return anchor_of(row)


def anchor_of(row: Record) -> Anchor:
    """The anchor of a row of `anchors`."""
    return Anchor(
        day=text(row, "day"),
        root=text(row, "root"),
        leaves=integer(row, "leaves"),
        missing=integer(row, "missing"),
        previous=text(row, "previous"),
        audit_seq=integer(row, "audit_seq"),
        audit_hash=text(row, "audit_hash"),
        made_at=integer(row, "made_at"),
        previous_hash=text(row, "previous_hash"),
    )


async def forget_before(db: Database, day: str, limit: int) -> int:
    """Remove gathered heads and subtrees of days before `day`; returns how many rows went."""
    tables = (("heads", "player_id"), ("subtrees", "number"))
    statements = [
        Statement(_OLD.format(table=table, key=key), (day, limit)) for table, key in tables
    ]
    return sum(await db.batch(statements))
