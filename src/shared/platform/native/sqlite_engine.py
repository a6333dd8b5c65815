"""`sqlite3` with the manners of the platform's SQLite: its limits, its authorizer, its numbers.

A parameter that is an `int` is bound as a float, because that is how JavaScript hands it over: an
expression such as `?/2`, or a column without a type, then goes wrong natively as it would on the
platform. Limits and the list of functions are those of workerd, `src/workerd/util/sqlite.c++`.
"""

import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from shared.platform.limits import check_integer_read, check_sql_parameter, integer_of_float
from shared.platform.ports import SqlConstraintError, SqlError, SqlValue

_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2_000_000,  # documented; workerd itself allows 4 MiB
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 127,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
}

_PRAGMAS: Final = """
case_sensitive_like data_version defer_foreign_keys foreign_key_check foreign_key_list
foreign_keys ignore_check_constraints index_info index_list index_xinfo legacy_alter_table
optimize page_size quick_check recursive_triggers reverse_unordered_selects table_info
table_list table_xinfo
"""

_FUNCTIONS: Final = """
abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid
length like likelihood likely lower ltrim max_scalar min_scalar nullif octet_length printf quote
random randomblob replace round rtrim sign soundex substr substring total_changes trim typeof
unhex unicode unlikely upper zeroblob
date time datetime julianday unixepoch strftime timediff current_date current_time
current_timestamp
avg count group_concat max min string_agg sum total
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
nth_value
acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees exp floor ln log log2 mod pi pow
radians sin sinh sqrt tan tanh trunc
json jsonb json_array jsonb_array json_array_length json_extract jsonb_extract -> ->>
json_insert jsonb_insert json_object jsonb_object json_patch jsonb_patch json_remove
jsonb_remove json_replace jsonb_replace json_set jsonb_set json_type json_valid json_quote
json_group_array jsonb_group_array json_group_object jsonb_group_object json_each json_tree
match highlight bm25 snippet rtreecheck
sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column
sqlite_rename_quotefix
"""

_NEVER: Final = frozenset(
    {
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_VTABLE,
    }
)

_TRANSACTION_CONTROL: Final = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})


class _Authorizer:
    """The platform's answer to what a statement is about to do; asked when it is compiled."""

    __slots__ = ("_functions", "_pragmas", "platform_speaks")

    def __init__(self) -> None:
        self._functions = frozenset(_FUNCTIONS.split())
        self._pragmas = frozenset(_PRAGMAS.split())
        self.platform_speaks = False

    def __call__(
        self, action: int, first: str | None, second: str | None, *_where: str | None
    ) -> int:
        if action in _TRANSACTION_CONTROL:
            allowed = self.platform_speaks
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = first in self._pragmas
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = second in self._functions
        else:
            allowed = action not in _NEVER
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


class SqliteEngine:
    """One connection. It closes with the last reference to it, or by `close`."""

    def __init__(self, path: str) -> None:
        # The last reference may go in any thread: the collector runs where it happens to run.
        connection = sqlite3.connect(
            path, isolation_level=None, cached_statements=512, check_same_thread=False
        )
        self._connection = connection
        self._authorizer = _Authorizer()
        self._depth = 0
        self._closer = weakref.finalize(self, connection.close)
        # Durability is the platform's concern; here a file only outlives the object, not a crash.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)  # noqa: FBT003 - C's signature
        connection.set_authorizer(self._authorizer)

    def close(self) -> None:
        """Close the connection; further calls do nothing, further statements raise `SqlError`."""
        self._closer()

    def run(
        self, statement: str, params: Sequence[SqlValue]
    ) -> tuple[list[str], list[tuple[SqlValue, ...]]]:
        """Column names and all rows of one statement.

        Raises:
            SqlConstraintError, SqlError: when SQLite or the platform's rules refuse it.
            TypeError, OverflowError, UnicodeEncodeError: as `check_sql_parameter` and `Sql` say.
        """
        values = [_bound(value) for value in params]
        with _errors_mapped():
            cursor = self._connection.execute(statement, values)
            rows = cursor.fetchall()
        names = [column[0] for column in cursor.description or ()]
        return names, [tuple([_read(value) for value in row]) for row in rows]

    def script(self, statements: str) -> None:
        """Run several statements, as a migration file holds them; not atomic."""
        with _errors_mapped():
            self._connection.executescript(statements)

    def changes(self) -> int:
        """Rows changed since the connection was opened, those of triggers included."""
        return self._connection.total_changes

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A savepoint around the block: kept when it ends, rolled back when it raises."""
        # A name nobody else uses: what sqlite3 has compiled, it does not ask the authorizer again.
        name = f"platform_{id(self):x}_{self._depth}"
        self._platform(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            self._platform(f"RELEASE {name}")
        except BaseException:
            self._platform(f"ROLLBACK TO {name}")
            self._platform(f"RELEASE {name}")
            raise
        finally:
            self._depth -= 1

    def _platform(self, statement: str) -> None:
        self._authorizer.platform_speaks = True
        try:
            with _errors_mapped():
                self._connection.execute(statement)
        finally:
            self._authorizer.platform_speaks = False


@contextmanager
def _errors_mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise SqlConstraintError(f"{error}: {error.sqlite_errorname}") from None
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise SqlError(str(error)) from None


def _bound(value: SqlValue) -> SqlValue | float:
    check_sql_parameter(value)
    return float(value) if isinstance(value, int) else value


def _read(value: SqlValue | float) -> SqlValue:
    if isinstance(value, float):
        return integer_of_float(value)
    if isinstance(value, int):
        check_integer_read(value)
    return value
