"""The projection in D1: what is read to decide, and the one transaction that moves it.

An advance carries the head it was decided on. Its rows are inserted, and the head is moved, only
while that head still stands (compare and set inside one D1 transaction), so that two consumers
holding the same events leave one copy, and totals that a trigger moves count every event once.
Rows travel as one JSON text a statement: D1 allows 100 bound parameters and 100 KB of SQL, but a
parameter of megabytes.

In the same transaction the accounts move by the postings of the same events, under the same guard,
and what received events is listed as work: five-minute slices for the velocity scan, São Paulo days
for the archive. An event that arrives hours late is looked at as surely as one that arrives now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.chain import EMPTY, Advance, Head
from jobs.records import integer, text
from jobs.wallet_event import COLUMNS
from shared.kernel.canonical import canonical_json
from shared.kernel.times import MINUTE_MS, local_date
from shared.platform.ports import Database, Statement

SLICE_MS: Final = 5 * MINUTE_MS
SLICE_JOB: Final = "velocity_scan.slice"
"""Rows of `job_runs` under this name are work waiting for the velocity scan: `slot` is the start
of the slice and `outcome` names the last arrival in it.
"""

MAX_PARAMETER_CHARS: Final = 400_000
"""D1 takes values up to 2 MB; a character is at most four bytes."""

_CURRENCY: Final = COLUMNS.index("currency")


@dataclass(frozen=True, slots=True)
class Copy:
    """The tables of one copy of the projection: the one in use, or the one that is rebuilt beside
    it. Names of ours only: they become part of statements.
    """

    events: str
    heads: str
    accounts: str

    def sql(self, template: str) -> str:
        """The statement for this copy; `{events}`, `{heads}`, `{accounts}` stand for its tables."""
        return template.format(events=self.events, heads=self.heads, accounts=self.accounts)


IN_USE: Final = Copy("wallet_events", "projection_heads", "account_totals")
REBUILT: Final = Copy("rebuild_events", "rebuild_heads", "rebuild_account_totals")

_HEADS: Final = """
SELECT h.player_id, h.seq, h.head_hash FROM {heads} AS h
JOIN json_each(?) AS p ON h.player_id = p.value
"""

_STORED: Final = """
SELECT e.player_id, e.seq, e.hash, e.recorded_at FROM wallet_events AS e
JOIN json_each(?) AS k ON e.player_id = k.value ->> 0 AND e.seq = k.value ->> 1
"""

_BEGIN_HEADS: Final = """
INSERT OR IGNORE INTO {heads} (player_id, seq, head_hash, updated_at)
SELECT m.value ->> 0, m.value ->> 1, m.value ->> 2, m.value ->> 5 FROM json_each(?) AS m
WHERE m.value ->> 1 = 0
"""

_INSERT_EVENTS: Final = f"""
INSERT INTO {{events}} ({", ".join(COLUMNS)})
SELECT {", ".join(f"e.value ->> {index}" for index in range(len(COLUMNS)))}
FROM json_each(?) AS e
JOIN {{heads}} AS h ON h.player_id = e.value ->> 0
 AND h.seq = e.value ->> {len(COLUMNS)} AND h.head_hash = e.value ->> {len(COLUMNS) + 1}
"""  # noqa: S608 - built from constants of this module, at import

_MOVE_HEADS: Final = """
UPDATE {heads}
SET seq = m.value ->> 3, head_hash = m.value ->> 4, updated_at = m.value ->> 5
FROM json_each(?) AS m
WHERE {heads}.player_id = m.value ->> 0
  AND {heads}.seq = m.value ->> 1 AND {heads}.head_hash = m.value ->> 2
"""

_MOVE_ACCOUNTS: Final = """
INSERT INTO {accounts} (currency, shard, account, amount_minor)
SELECT m.value ->> 3, substr(m.value ->> 0, -1), m.value ->> 4, sum(m.value ->> 5)
FROM json_each(?) AS m
JOIN {heads} AS h ON h.player_id = m.value ->> 0
 AND h.seq = m.value ->> 1 AND h.head_hash = m.value ->> 2
WHERE true GROUP BY 1, 2, 3
ON CONFLICT (currency, shard, account)
DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor
"""

_LIST_DAYS: Final = """
INSERT OR IGNORE INTO archive_queue (day, player_id)
SELECT d.value ->> 0, d.value ->> 1 FROM json_each(?) AS d
"""

_LIST_SLICES: Final = f"""
INSERT INTO job_runs (job, slot, started_at, outcome)
SELECT '{SLICE_JOB}', s.value ->> 0, s.value ->> 1, s.value ->> 2 FROM json_each(?) AS s WHERE true
ON CONFLICT (job, slot) DO UPDATE SET started_at = excluded.started_at, outcome = excluded.outcome
"""  # noqa: S608 - built from constants of this module, at import


async def heads_of(db: Database, player_ids: Iterable[str], copy: Copy = IN_USE) -> dict[str, Head]:
    """The verified head of each player, `EMPTY` for those who have none yet."""
    players = list(player_ids)
    heads = dict.fromkeys(players, EMPTY)
    for record in await db.query(copy.sql(_HEADS), canonical_json(players)):
        heads[text(record, "player_id")] = Head(integer(record, "seq"), text(record, "head_hash"))
    return heads


async def stored_events(
    db: Database, places: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], tuple[str, int]]:
    """Hash and time of the events stored at these places (player, seq); others are left out."""
    keys = [[player_id, seq] for player_id, seq in places]
    if not keys:
        return {}
    return {
        (text(record, "player_id"), integer(record, "seq")): (
            text(record, "hash"),
            integer(record, "recorded_at"),
        )
        for record in await db.query(_STORED, canonical_json(keys))
    }


async def append(
    db: Database,
    advances: Sequence[Advance],
    *,
    now_ms: int,
    arrival: str,
    copy: Copy = IN_USE,
) -> bool:
    """Store every advance whose base still stands, in one transaction.

    `arrival` is unique to this call; work is listed for the copy in use only. Returns False when a
    head had moved meanwhile: then read the heads again and decide again; what was stored is stored.

    Raises:
        SqlConstraintError: a row was refused; nothing of the call is stored.
    """
    if not advances:
        return True
    moves = [
        [
            advance.player_id,
            advance.base.seq,
            advance.base.hash,
            advance.head.seq,
            advance.head.hash,
            now_ms,
        ]
        for advance in advances
    ]
    moves_text = canonical_json(moves)
    statements = [Statement(copy.sql(_BEGIN_HEADS), (moves_text,))]
    statements += [Statement(copy.sql(_INSERT_EVENTS), (rows,)) for rows in _row_texts(advances)]
    statements.append(Statement(copy.sql(_MOVE_ACCOUNTS), (_movement_text(advances),)))
    head_move = len(statements)
    statements.append(Statement(copy.sql(_MOVE_HEADS), (moves_text,)))
    if copy is IN_USE:
        statements.append(Statement(_LIST_SLICES, (_slice_text(advances, now_ms, arrival),)))
        statements.append(Statement(_LIST_DAYS, (_day_text(advances),)))
    changes = await db.batch(statements)
    return changes[head_move] == len(advances)


def _movement_text(advances: Sequence[Advance]) -> str:
    """What each advance adds to each account, with the base that it depends on."""
    moved: dict[tuple[str, int, str, str, str], int] = {}
    for advance in advances:
        for event in advance.events:
            currency = str(event.row[_CURRENCY])
            for account, amount_minor in event.movements:
                key = (advance.player_id, advance.base.seq, advance.base.hash, currency, account)
                moved[key] = moved.get(key, 0) + amount_minor
    return canonical_json([[*key, amount_minor] for key, amount_minor in moved.items()])


def _slice_text(advances: Sequence[Advance], now_ms: int, arrival: str) -> str:
    slices = {
        event.recorded_at // SLICE_MS * SLICE_MS for advance in advances for event in advance.events
    }
    return canonical_json([[start, now_ms, arrival] for start in sorted(slices)])


def _day_text(advances: Sequence[Advance]) -> str:
    days = {
        (local_date(event.recorded_at).isoformat(), advance.player_id)
        for advance in advances
        for event in advance.events
    }
    return canonical_json(sorted(days))


def _row_texts(advances: Sequence[Advance]) -> Iterator[str]:
    """JSON arrays of rows, each with the base it depends on, cut to the size of a parameter."""
    portion: list[str] = []
    size = 0
    for advance in advances:
        for event in advance.events:
            row = canonical_json([*event.row, advance.base.seq, advance.base.hash])
            if portion and size + len(row) > MAX_PARAMETER_CHARS:
                yield f"[{','.join(portion)}]"
                portion, size = [], 0
            portion.append(row)
            size += len(row) + 1
    yield f"[{','.join(portion)}]"
