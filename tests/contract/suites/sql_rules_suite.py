"""What every `Sql` refuses, and what a transaction keeps: each check gets an empty storage."""

from collections.abc import Callable

from contract.suites.expect import equal, refused

from shared.platform.ports import Sql, SqlConstraintError, SqlError


class StopError(Exception):
    """What a command raises to be undone."""


def check_every_kind_of_constraint_is_told_apart_from_other_errors(sql: Sql) -> None:
    _ledger(sql)
    sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
    for statement in (
        "INSERT INTO ledger VALUES (1, 10, 'b')",  # PRIMARY KEY
        "INSERT INTO ledger VALUES (2, 10, 'a')",  # UNIQUE
        "INSERT INTO ledger VALUES (2, -1, 'b')",  # CHECK
        "INSERT INTO ledger VALUES (2, NULL, 'b')",  # NOT NULL
        "INSERT INTO ledger VALUES (2, 'ten', 'b')",  # STRICT
        "INSERT INTO lines VALUES (1, 9)",  # FOREIGN KEY
    ):
        with refused(SqlConstraintError):
            sql.execute(statement)
        with refused(SqlConstraintError):
            sql.query(statement)
    equal(sql.query("SELECT seq FROM ledger"), [(1,)])


def check_what_no_constraint_refused_is_a_plain_error(sql: Sql) -> None:
    _ledger(sql)
    for statement in (
        "SELEC 1",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM ledger",
        "INSERT INTO ledger VALUES (1)",
        "SELECT 1 WHERE 'x' LIKE '" + "y" * 51 + "'",
    ):
        with refused(SqlError):
            sql.query(statement)


def check_an_error_names_columns_and_no_values(sql: Sql) -> None:
    _ledger(sql)
    sql.execute("INSERT INTO ledger VALUES (1, 10, ?)", "52998224725")
    with refused(SqlConstraintError) as caught:
        sql.execute("INSERT INTO ledger VALUES (2, 10, ?)", "52998224725")
    assert "ledger.key" in str(caught.error), caught.error
    assert "52998224725" not in str(caught.error), caught.error


def check_triggers_keep_a_table_append_only(sql: Sql) -> None:
    _ledger(sql)
    for action in ("UPDATE", "DELETE"):
        sql.execute(
            f"CREATE TRIGGER no_{action} BEFORE {action} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
    sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
    for statement in ("UPDATE ledger SET amount = 11", "DELETE FROM ledger"):
        with refused(SqlConstraintError) as caught:
            sql.execute(statement)
        assert "events are append-only" in str(caught.error), caught.error
    equal(sql.query("SELECT * FROM ledger"), [(1, 10, "a")])


def check_returning_gives_every_row_and_keeps_the_write(sql: Sql) -> None:
    _ledger(sql)
    insert = "INSERT INTO ledger VALUES (1, 10, 'a'), (2, 20, 'b') RETURNING seq, amount"
    equal(sql.query(insert), [(1, 10), (2, 20)])
    equal(sql.query("UPDATE ledger SET amount = amount + 1 RETURNING amount"), [(11,), (21,)])
    equal(sql.query("SELECT amount FROM ledger"), [(11,), (21,)])


def check_rows_that_nobody_reads_do_not_cost_the_write(sql: Sql) -> None:
    _ledger(sql)
    sql.execute("INSERT INTO ledger VALUES (1, 10, 'a'), (2, 20, 'b') RETURNING seq")
    sql.execute("SELECT * FROM ledger")
    sql.execute("DROP TABLE lines")
    equal(sql.query("SELECT seq FROM ledger"), [(1,), (2,)])


def check_transactions_and_the_platforms_own_are_not_for_statements(sql: Sql) -> None:
    for statement in (
        *("BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK"),
        *("SAVEPOINT mine", "RELEASE mine", "ROLLBACK TO mine"),
        *("PRAGMA user_version", "PRAGMA user_version = 3", "PRAGMA journal_mode"),
        *("ATTACH ':memory:' AS other", "VACUUM", "CREATE TEMP TABLE t (n)"),
        *("SELECT sqlite_version()", "SELECT load_extension('x')"),
    ):
        with refused(SqlError):
            sql.query(statement)


def check_foreign_keys_and_the_schema_can_be_asked_for(sql: Sql) -> None:
    _ledger(sql)
    equal(sql.query("PRAGMA foreign_keys"), [(1,)])
    equal(
        [row[1] for row in sql.query("PRAGMA table_info(ledger)")],
        ["seq", "amount", "key"],
    )
    equal(
        sql.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"),
        [("ledger",), ("lines",)],
    )


def check_the_sql_that_the_house_writes_is_there(sql: Sql) -> None:
    _ledger(sql)
    upsert = (
        "INSERT INTO ledger VALUES (1, ?, 'a') "
        "ON CONFLICT (seq) DO UPDATE SET amount = amount + excluded.amount RETURNING amount"
    )
    equal(sql.query(upsert, 5), [(5,)])
    equal(sql.query(upsert, 6), [(11,)])
    equal(sql.query("SELECT json_extract(?, '$.a[1]')", '{"a":[1,2]}'), [(2,)])
    equal(sql.query("SELECT value FROM json_each(?)", "[1,2]"), [(1,), (2,)])
    equal(
        sql.query("WITH n(i) AS (VALUES (1), (2)) SELECT i, sum(i) OVER (ORDER BY i) FROM n"),
        [(1, 1), (2, 3)],
    )


def check_a_transaction_keeps_its_writes_and_hands_back_the_very_result(sql: Sql) -> None:
    _ledger(sql)
    result = object()

    def body() -> object:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        sql.execute("INSERT INTO ledger VALUES (2, 20, 'b')")
        return result

    assert sql.transaction(body) is result
    equal(sql.query("SELECT seq FROM ledger"), [(1,), (2,)])


def check_a_transaction_that_raises_leaves_nothing_and_raises_the_same(sql: Sql) -> None:
    _ledger(sql)
    stop = StopError("no")
    _undone(sql, stop)
    equal(sql.query("SELECT seq FROM ledger"), [])
    sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
    equal(sql.query("SELECT seq FROM ledger"), [(1,)])


def check_a_constraint_in_a_transaction_undoes_all_of_it(sql: Sql) -> None:
    _ledger(sql)

    def body() -> None:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        sql.execute("INSERT INTO ledger VALUES (1, 20, 'b')")

    with refused(SqlConstraintError):
        sql.transaction(body)
    equal(sql.query("SELECT seq FROM ledger"), [])


def check_a_constraint_that_the_body_handles_undoes_one_statement(sql: Sql) -> None:
    _ledger(sql)

    def body() -> str:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        with refused(SqlConstraintError):
            sql.execute("INSERT INTO ledger VALUES (2, 10, 'b'), (1, 20, 'c')")
        sql.execute("INSERT INTO ledger VALUES (3, 30, 'd')")
        return "done"

    equal(sql.transaction(body), "done")
    equal(sql.query("SELECT seq FROM ledger"), [(1,), (3,)])


def check_an_inner_transaction_is_undone_alone(sql: Sql) -> None:
    _ledger(sql)

    def outer() -> None:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        _undone(sql, StopError("inner"))
        sql.transaction(lambda: sql.execute("INSERT INTO ledger VALUES (3, 30, 'c')"))

    sql.transaction(outer)
    equal(sql.query("SELECT seq FROM ledger"), [(1,), (3,)])


def check_an_outer_transaction_takes_the_inner_one_with_it(sql: Sql) -> None:
    _ledger(sql)

    def outer() -> None:
        sql.transaction(lambda: sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')"))
        raise StopError

    _raises(StopError, lambda: sql.transaction(outer))
    equal(sql.query("SELECT seq FROM ledger"), [])


def check_a_schema_made_in_a_transaction_that_raises_is_gone(sql: Sql) -> None:
    def body() -> None:
        _ledger(sql)
        raise StopError

    _raises(StopError, lambda: sql.transaction(body))
    equal(sql.query("SELECT count(*) FROM sqlite_schema WHERE name = 'ledger'"), [(0,)])


def check_a_body_that_would_await_is_refused(sql: Sql) -> None:
    _ledger(sql)

    async def body() -> None:
        """Never runs: calling it only makes the coroutine that is refused."""

    def writes_first() -> object:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        return body()

    with refused(TypeError):
        _ = sql.transaction(body)
    with refused(TypeError):
        sql.transaction(writes_first)
    equal(sql.query("SELECT seq FROM ledger"), [])


def check_a_write_outside_a_transaction_stays_when_the_caller_raises(sql: Sql) -> None:
    _ledger(sql)

    def command() -> None:
        sql.execute("INSERT INTO ledger VALUES (1, 10, 'a')")
        raise StopError

    _raises(StopError, command)
    equal(sql.query("SELECT seq FROM ledger"), [(1,)])


def _undone(sql: Sql, stop: StopError) -> None:
    """A transaction that writes sequence number 2 and raises `stop`, which must come out of it."""

    def body() -> None:
        sql.execute("INSERT INTO ledger VALUES (2, 20, 'b')")
        equal(sql.query("SELECT count(*) FROM ledger WHERE seq = 2"), [(1,)])
        raise stop

    with refused(StopError) as caught:
        sql.transaction(body)
    assert caught.error is stop, caught.error


def _raises(kind: type[Exception], call: Callable[[], object]) -> None:
    with refused(kind):
        call()


def _ledger(sql: Sql) -> None:
    sql.execute(
        "CREATE TABLE ledger (seq INTEGER PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount > 0), "
        "key TEXT NOT NULL UNIQUE) STRICT"
    )
    sql.execute(
        "CREATE TABLE lines (id INTEGER PRIMARY KEY, seq INTEGER REFERENCES ledger (seq)) STRICT"
    )
