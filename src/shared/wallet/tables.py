"""Rows to SQL and back: a row's fields are its table's columns, in the same order.

Statements are built once from the dataclasses, so a column cannot be forgotten in one place. A row
is written whole, as INSERT or, where its key exists, as UPDATE of the other columns. Rows come back
as the values that the STRICT tables hold, therefore as their declared types.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, Final, cast

from shared.kernel.values import value
from shared.platform.ports import Sql, SqlValue
from shared.wallet.closed_book import ClosedBook, Closing
from shared.wallet.gate_model import Exclusion, Gate, LimitChange, LoginSession
from shared.wallet.model import (
    DayUsage,
    Deposit,
    Event,
    GameSession,
    Grant,
    Limit,
    Round,
    Row,
    Seed,
    Withdrawal,
)

_EVENTS_PER_INSERT: Final = 5
"""19 columns each: the platform binds at most 100 parameters a statement."""


@value
class _Table:
    columns: str
    upsert: str
    values: Callable[[Row | ClosedBook], tuple[SqlValue, ...]]
    delete: str
    keys: tuple[str, ...]


def _columns(row: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(row))


def _table(row: type[Any], name: str, *key: str) -> _Table:
    columns = _columns(row)
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return _Table(
        columns=", ".join(columns),
        upsert=(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({_places(len(columns))}) "  # noqa: S608 - names of ours
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
        ),
        values=attrgetter(*columns),
        delete=f"DELETE FROM {name} WHERE {' AND '.join(f'{column} = ?' for column in key)}",  # noqa: S608 - names of ours
        keys=key,
    )


def _places(count: int) -> str:
    return ", ".join("?" * count)


_TABLES: Final[dict[type[Any], _Table]] = {
    Round: _table(Round, "rounds", "opened_seq"),
    GameSession: _table(GameSession, "game_sessions", "session_id"),
    Seed: _table(Seed, "seeds", "number"),
    Deposit: _table(Deposit, "deposits", "deposit_id"),
    Withdrawal: _table(Withdrawal, "withdrawals", "withdrawal_id"),
    Grant: _table(Grant, "grants", "grant_id"),
    Limit: _table(Limit, "limits", "source", "kind", "period"),
    DayUsage: _table(DayUsage, "daily", "day"),
    Gate: _table(Gate, "gate", "id"),
    LoginSession: _table(LoginSession, "login_sessions", "session_id"),
    LimitChange: _table(LimitChange, "limit_changes", "kind", "period"),
    Exclusion: _table(Exclusion, "exclusions", "seq"),
    ClosedBook: _table(ClosedBook, "closed_books", "number"),
    Closing: _table(Closing, "closing", "number"),
}

EVENT_COLUMNS: Final = _columns(Event)
_EVENT_LIST: Final = ", ".join(EVENT_COLUMNS)
_EVENT_VALUES: Final = attrgetter(*EVENT_COLUMNS)


def put(sql: Sql, row: Row | ClosedBook) -> None:
    """Write a row whole, whether it is new or known."""
    table = _TABLES[type(row)]
    sql.execute(table.upsert, *table.values(row))


def drop(sql: Sql, row: Row) -> None:
    """Delete the row that has the key of `row`."""
    table = _TABLES[type(row)]
    sql.execute(table.delete, *(getattr(row, column) for column in table.keys))


def find[T](sql: Sql, row: Callable[..., T], rest: str, *params: SqlValue) -> list[T]:
    """The rows of the table of the class `row`; `rest` begins with `FROM`."""
    columns = _TABLES[cast("type[Any]", row)].columns
    found = sql.query(f"SELECT {columns} {rest}", *params)
    return [row(*values) for values in found]


def events(sql: Sql, rest: str, *params: SqlValue) -> list[Event]:
    """Events in the order that `rest` asks for."""
    found = sql.query(f"SELECT {_EVENT_LIST} FROM events {rest}", *params)  # noqa: S608 - names of ours
    return [Event(*cast("tuple[Any, ...]", values)) for values in found]


def append(sql: Sql, new: Sequence[Event]) -> None:
    """Append events, as few statements as the platform's number of parameters allows."""
    for start in range(0, len(new), _EVENTS_PER_INSERT):
        part = new[start : start + _EVENTS_PER_INSERT]
        values = [value for event in part for value in _EVENT_VALUES(event)]
        sql.execute(_insert_events(len(part)), *values)


@cache
def _insert_events(count: int) -> str:
    rows = ", ".join([f"({_places(len(EVENT_COLUMNS))})"] * count)
    return f"INSERT INTO events ({_EVENT_LIST}) VALUES {rows}"  # noqa: S608 - names of ours
