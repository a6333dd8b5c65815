"""Removing what is in closed books, a share at a time: answers, then rounds, then events.

An answer and a round leave a mark in the same transaction in which they go, so at no moment is a
key or a round unknown. What is needed later stays: the triggers refuse to remove it.
"""

import json
from collections.abc import Sequence
from itertools import batched, chain
from typing import Final, cast

from shared.platform.ports import Sql, SqlValue
from shared.wallet import tables
from shared.wallet.closed_book import Closing
from shared.wallet.marks import key_mark, round_mark
from shared.wallet.model import Round

ROWS_PER_DROP: Final = 2_000
_ROWS_PER_INSERT: Final = 33
"""Three columns each: the platform binds at most 100 parameters a statement."""


def drop_share(sql: Sql, closing: Closing) -> str | None:
    """Remove the next share; the cursor to go on from, None when nothing is left."""
    part, _, after = closing.cursor.partition(" ")
    return _DROPS[part](sql, closing, after)


def _drop_answers(sql: Sql, closing: Closing, after: str) -> str | None:
    rows = sql.query(
        "SELECT idempotency_key, request_hash FROM commands "
        "WHERE idempotency_key > ? AND seq < ? ORDER BY idempotency_key LIMIT CAST(? AS INTEGER)",
        after,
        closing.to_seq,
        ROWS_PER_DROP,
    )
    _insert(
        sql,
        "closed_keys (slot, request, book)",
        [key_mark(str(key), str(asked), closing.number) for key, asked in rows],
    )
    sql.execute(
        "DELETE FROM commands WHERE idempotency_key IN (SELECT value FROM json_each(?))",
        json.dumps([key for key, _ in rows]),
    )
    return f"answers {rows[-1][0]!s}" if len(rows) == ROWS_PER_DROP else "rounds 0"


def _drop_rounds(sql: Sql, closing: Closing, after: str) -> str | None:
    rows = tables.find(
        sql,
        Round,
        "FROM rounds WHERE opened_seq > CAST(? AS INTEGER) AND opened_seq <= ? "
        "ORDER BY opened_seq LIMIT CAST(? AS INTEGER)",
        after,
        closing.to_seq,
        ROWS_PER_DROP,
    )
    over = [found for found in rows if found.is_over_at(closing.to_seq)]
    _insert(
        sql,
        "closed_rounds (round, settled, rolled_back)",
        [round_mark(found) for found in over],
    )
    _delete(sql, "rounds", "opened_seq", [found.opened_seq for found in over])
    return f"rounds {rows[-1].opened_seq}" if len(rows) == ROWS_PER_DROP else "events 0"


def _drop_events(sql: Sql, closing: Closing, after: str) -> str | None:
    rows = sql.query(
        "SELECT seq FROM events WHERE seq > CAST(? AS INTEGER) AND seq <= ? "
        "AND seq NOT IN (SELECT seq FROM carried) ORDER BY seq LIMIT CAST(? AS INTEGER)",
        after,
        closing.to_seq,
        ROWS_PER_DROP,
    )
    _delete(sql, "events", "seq", [cast("int", seq) for (seq,) in rows])
    return f"events {rows[-1][0]!s}" if len(rows) == ROWS_PER_DROP else None


def _insert(sql: Sql, into: str, rows: Sequence[tuple[SqlValue, SqlValue, SqlValue]]) -> None:
    for part in batched(rows, _ROWS_PER_INSERT):
        places = ", ".join(["(?, ?, ?)"] * len(part))
        sql.execute(f"INSERT INTO {into} VALUES {places}", *chain.from_iterable(part))  # noqa: S608 - names of ours


def _delete(sql: Sql, table: str, column: str, places: Sequence[int]) -> None:
    sql.execute(
        f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names of ours
        json.dumps(places),
    )


_DROPS: Final = {
    "": _drop_answers,
    "answers": _drop_answers,
    "rounds": _drop_rounds,
    "events": _drop_events,
}
