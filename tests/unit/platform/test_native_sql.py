"""What the native databases add to the contract: files, migrations, one statement a call."""

import asyncio
import gc
import sqlite3
from pathlib import Path
from threading import Thread

import pytest

from shared.platform.native.d1 import NativeD1
from shared.platform.native.sql import NativeSql
from shared.platform.ports import SqlError, Statement

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations_d1"


def test_a_path_opened_again_has_what_was_written(tmp_path: Path) -> None:
    path = str(tmp_path / "wallet.sqlite")
    first = NativeSql(path)
    first.execute("CREATE TABLE t (n INTEGER) STRICT")
    first.transaction(lambda: first.execute("INSERT INTO t VALUES (?)", 7))
    first.close()
    assert NativeSql(path).query("SELECT n FROM t") == [(7,)]


def test_two_storages_in_memory_share_nothing() -> None:
    NativeSql().execute("CREATE TABLE t (n INTEGER)")
    with pytest.raises(SqlError, match="no such table"):
        NativeSql().query("SELECT * FROM t")


def test_a_storage_that_nobody_holds_closes_its_file(tmp_path: Path) -> None:
    # An open connection that is collected warns, and warnings are errors here.
    NativeSql(str(tmp_path / "wallet.sqlite"))
    gc.collect()


def test_a_storage_may_be_collected_in_another_thread_than_it_was_made_in() -> None:
    # The collector runs in whichever thread happens to allocate; a failed finalizer is an error.
    held = [NativeSql()]
    other = Thread(target=held.clear)
    other.start()
    other.join()
    assert not held


def test_a_closed_storage_refuses_statements_and_may_be_closed_again() -> None:
    sql = NativeSql()
    sql.close()
    sql.close()
    with pytest.raises(SqlError, match="closed"):
        sql.query("SELECT 1")


def test_two_statements_in_one_call_are_refused() -> None:
    with pytest.raises(SqlError, match="one statement"):
        NativeSql().execute("SELECT 1; SELECT 2")


def test_transaction_control_stays_refused_within_and_after_a_transaction() -> None:
    sql = NativeSql()

    def body() -> None:
        for statement in ("COMMIT", "ROLLBACK", "SAVEPOINT mine", "RELEASE mine"):
            with pytest.raises(SqlError, match="not authorized"):
                sql.execute(statement)

    sql.transaction(body)
    body()


def test_every_migration_applies_to_an_empty_database() -> None:
    database = NativeD1(migrations=MIGRATIONS)
    tables = asyncio.run(
        database.query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql <> ''")
    )
    assert len(tables) > 10
    assert [table["name"] for table in tables if "STRICT" not in str(table["sql"])] == []


def test_a_batch_counts_each_statement_by_itself() -> None:
    database = NativeD1()
    statements = [
        Statement("CREATE TABLE t (n INTEGER) STRICT"),
        Statement("INSERT INTO t VALUES (1), (2)"),
        Statement("SELECT * FROM t"),
        Statement("DELETE FROM t WHERE n = ?", (1,)),
    ]
    assert asyncio.run(database.batch(statements)) == [0, 2, 0, 1]


def test_sqlite_is_new_enough_for_what_the_house_writes() -> None:
    assert sqlite3.sqlite_version_info >= (3, 38)
