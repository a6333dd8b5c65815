"""What every `Sql` does with values: each check gets a storage of its own that is empty."""

from decimal import Decimal
from enum import IntEnum
from typing import Any

from contract.suites.expect import equal, refused

from shared.platform.ports import Sql, SqlError

LARGEST = 2**53 - 2


def check_rows_are_tuples_in_the_order_of_the_columns(sql: Sql) -> None:
    equal(sql.query("SELECT 'a' AS z, 1 AS a UNION ALL SELECT 'b', 2"), [("a", 1), ("b", 2)])


def check_a_query_without_rows_is_an_empty_list(sql: Sql) -> None:
    equal(sql.query("SELECT 1 WHERE 0"), [])


def check_two_columns_of_one_name_are_both_there(sql: Sql) -> None:
    equal(sql.query("SELECT 1 AS n, 2 AS n"), [(1, 2)])


def check_integers_stay_integers_up_to_the_largest_exact_one(sql: Sql) -> None:
    _table(sql)
    numbers = [0, 1, -1, 5, 100, 10**12, LARGEST, -LARGEST]
    for number in numbers:
        sql.execute("INSERT INTO t (n) VALUES (?)", number)
    rows = sql.query("SELECT n, typeof(n) FROM t ORDER BY id")
    equal(rows, [(number, "integer") for number in numbers])
    for (value, _), number in zip(rows, numbers, strict=True):
        equal(value, number)


def check_an_integer_that_javascript_cannot_carry_is_refused(sql: Sql) -> None:
    _table(sql)
    for number in (2**53 - 1, 2**53, 2**63, -(2**53 - 1), -(2**64)):
        with refused(OverflowError):
            sql.execute("INSERT INTO t (n) VALUES (?)", number)
    equal(sql.query("SELECT count(*) FROM t"), [(0,)])


def check_an_integer_that_would_be_read_as_its_neighbour_is_refused(sql: Sql) -> None:
    equal(sql.query("SELECT 9007199254740991, -9007199254740991"), [(2**53 - 1, -(2**53 - 1))])
    for number in ("9007199254740992", "9007199254740993", "-9007199254740993"):
        with refused(OverflowError):
            sql.query(f"SELECT {number}")
        equal(sql.query(f"SELECT CAST({number} AS TEXT)"), [(number,)])


def check_booleans_floats_and_strangers_are_refused_as_parameters(sql: Sql) -> None:
    class Small(IntEnum):
        ONE = 1

    class Text(str):
        __slots__ = ()

    _table(sql)
    strangers: list[Any] = [
        *(True, False, 1.0, 1.5, float("nan"), Decimal(1), Small.ONE, Text("x")),
        *(bytearray(b"x"), memoryview(b"x"), (1,), [1], {"a": 1}),
    ]
    for stranger in strangers:
        with refused(TypeError):
            sql.execute("INSERT INTO t (n) VALUES (?)", stranger)
        with refused(TypeError):
            sql.query("SELECT ?", stranger)
    equal(sql.query("SELECT count(*) FROM t"), [(0,)])


def check_none_is_null_both_ways(sql: Sql) -> None:
    _table(sql)
    sql.execute("INSERT INTO t (n, s, b) VALUES (?, ?, ?)", None, None, None)
    equal(sql.query("SELECT n, s, b, n IS NULL FROM t"), [(None, None, None, 1)])


def check_text_comes_back_as_it_was(sql: Sql) -> None:
    texts = ["", "São Paulo", "a\0b", "\U0001f3b2", "null", "'; DROP TABLE t; --", "x" * 100_000]
    for text in texts:
        equal(sql.query("SELECT ?, typeof(?)", text, text), [(text, "text")])


def check_text_with_a_lone_surrogate_is_refused(sql: Sql) -> None:
    with refused(UnicodeEncodeError):
        sql.query("SELECT ?", "\ud800")


def check_bytes_come_back_as_they_were(sql: Sql) -> None:
    for blob in (b"", b"\0", bytes(range(256)), b"text"):
        rows = sql.query("SELECT ?, typeof(?)", blob, blob)
        equal(rows, [(blob, "blob")])
        equal(rows[0][0], blob)


def check_a_parameter_is_real_until_it_is_cast(sql: Sql) -> None:
    equal(sql.query("SELECT typeof(?), typeof(CAST(? AS INTEGER))", 5, 5), [("real", "integer")])
    equal(sql.query("SELECT CAST(? AS INTEGER) / 2", 5), [(2,)])
    equal(sql.query("SELECT CAST(? AS TEXT)", 5), [("5.0",)])


def check_a_fraction_that_comes_out_is_refused(sql: Sql) -> None:
    with refused(TypeError):
        sql.query("SELECT ? / 2", 5)


def check_a_whole_number_that_sqlite_holds_as_real_is_read_as_an_integer(sql: Sql) -> None:
    rows = sql.query("SELECT ? / 2, sum(?)", 4, 3)
    equal(rows, [(2, 3)])
    equal(type(rows[0][0]), int)
    equal(type(rows[0][1]), int)


def check_limit_and_comparison_take_parameters(sql: Sql) -> None:
    _table(sql)
    for number in range(1, 6):
        sql.execute("INSERT INTO t (n) VALUES (?)", number)
    rows = sql.query("SELECT n FROM t WHERE n > ? AND n <= ? ORDER BY n LIMIT ?", 1, 4, 2)
    equal(rows, [(2,), (3,)])


def check_a_hundred_parameters_are_bound_and_one_more_is_refused(sql: Sql) -> None:
    def sum_of(count: int) -> str:
        return "SELECT " + " + ".join(["?"] * count)

    # In two halves, because an expression is at most a hundred deep.
    halves = "SELECT (" + " + ".join(["?"] * 50) + "), (" + " + ".join(["?"] * 50) + ")"
    equal(sql.query(halves, *range(100)), [(sum(range(50)), sum(range(50, 100)))])
    with refused(SqlError):
        sql.query("SELECT 1 WHERE 1 IN (" + ", ".join(["?"] * 101) + ")", *range(101))
    with refused(SqlError):
        sql.query(sum_of(2), 1)
    with refused(SqlError):
        sql.query(sum_of(2), 1, 2, 3)


def _table(sql: Sql) -> None:
    sql.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB) STRICT",
    )
