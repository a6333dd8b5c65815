"""What every `Database` does. The checks share one database, so each begins by emptying it."""

from typing import Any

from contract.suites.expect import equal, refused

from shared.platform.ports import Database, SqlConstraintError, SqlError, Statement

INSERT = "INSERT INTO player (id, tier, mark) VALUES (?, ?, ?)"


async def check_records_are_dictionaries_by_column(database: Database) -> None:
    await _tables(database)
    await database.execute(INSERT, "p1", 3, b"\0\xff")
    await database.execute(INSERT, "p2", None, None)
    records = await database.query("SELECT id, tier, mark FROM player ORDER BY id")
    equal(
        records,
        [{"id": "p1", "tier": 3, "mark": b"\0\xff"}, {"id": "p2", "tier": None, "mark": None}],
    )
    equal(type(records[0]), dict)
    equal(type(records[0]["tier"]), int)
    equal(type(records[0]["mark"]), bytes)


async def check_the_first_record_or_none(database: Database) -> None:
    await _tables(database)
    equal(await database.first("SELECT id FROM player"), None)
    await database.execute(INSERT, "p1", 1, None)
    await database.execute(INSERT, "p2", 2, None)
    equal(
        await database.first("SELECT tier, mark FROM player ORDER BY id"), {"tier": 1, "mark": None}
    )


async def check_a_query_without_records_is_an_empty_list(database: Database) -> None:
    await _tables(database)
    equal(await database.query("SELECT id FROM player"), [])


async def check_changed_rows_are_counted(database: Database) -> None:
    await _tables(database)
    equal(await database.execute(INSERT, "p1", 1, None), 1)
    equal(await database.execute(INSERT, "p2", 1, None), 1)
    equal(await database.execute("UPDATE player SET tier = 2"), 2)
    equal(await database.execute("UPDATE player SET tier = 3 WHERE id = ?", "nobody"), 0)
    keep = "INSERT INTO player (id) VALUES (?) ON CONFLICT DO NOTHING"
    equal(await database.execute(keep, "p1"), 0)
    equal(await database.execute(keep, "p3"), 1)
    equal(await database.execute("DELETE FROM player"), 3)


async def check_numbers_keep_the_rules_of_the_crossing(database: Database) -> None:
    await _tables(database)
    largest = 2**53 - 2
    await database.execute(INSERT, "p1", largest, None)
    await database.execute(INSERT, "p2", -largest, None)
    records = await database.query("SELECT tier, typeof(tier) AS kind FROM player ORDER BY id")
    equal(records, [{"tier": largest, "kind": "integer"}, {"tier": -largest, "kind": "integer"}])
    with refused(OverflowError):
        await database.execute(INSERT, "p3", largest + 1, None)
    with refused(OverflowError):
        await database.query("SELECT 9007199254740993 AS n")
    with refused(TypeError):
        await database.first("SELECT 1.5 AS n")
    equal(
        await database.first("SELECT typeof(?) AS kind, ? / 2 AS half", 4, 4),
        {"kind": "real", "half": 2},
    )


async def check_booleans_floats_and_strangers_are_refused(database: Database) -> None:
    await _tables(database)
    strangers: list[Any] = [True, 1.0, (1,), bytearray(b"x"), {"a": 1}]
    for stranger in strangers:
        with refused(TypeError):
            await database.execute(INSERT, "p1", stranger, None)
        with refused(TypeError):
            await database.batch([Statement(INSERT, ("p1", stranger, None))])
    with refused(UnicodeEncodeError):
        await database.execute(INSERT, "\udfff", 1, None)
    equal(await database.query("SELECT * FROM player"), [])


async def check_constraints_are_told_apart_from_other_errors(database: Database) -> None:
    await _tables(database)
    await database.execute(INSERT, "p1", 1, None)
    for statement in (
        "INSERT INTO player (id) VALUES ('p1')",  # PRIMARY KEY
        "INSERT INTO player (id, tier) VALUES ('p2', 'gold')",  # STRICT
        "INSERT INTO player (id) VALUES (NULL)",  # NOT NULL
        "INSERT INTO document VALUES (1, 'nobody')",  # FOREIGN KEY
    ):
        with refused(SqlConstraintError):
            await database.execute(statement)
    for statement in ("SELEC 1", "SELECT * FROM nowhere", "BEGIN"):
        with refused(SqlError):
            await database.query(statement)
    with refused(SqlError):
        await database.query("SELECT ?, ?", 1)


async def check_returning_gives_the_row_and_keeps_the_write(database: Database) -> None:
    await _tables(database)
    equal(await database.query(INSERT + " RETURNING tier", "p1", 4, None), [{"tier": 4}])
    equal(await database.first("UPDATE player SET tier = 5 RETURNING tier"), {"tier": 5})
    equal(await database.first("SELECT tier FROM player"), {"tier": 5})


async def check_a_batch_is_all_of_it_with_its_counts(database: Database) -> None:
    await _tables(database)
    changed = await database.batch(
        [
            Statement(INSERT, ("p1", 1, None)),
            Statement("INSERT INTO document VALUES (?, ?)", (1, "p1")),
            Statement("UPDATE player SET tier = 9 WHERE id = 'nobody'"),
            Statement(INSERT, ("p2", 1, None)),
            Statement("UPDATE player SET tier = 2"),
        ]
    )
    equal(changed, [1, 1, 0, 1, 2])


async def check_a_batch_that_fails_anywhere_is_none_of_it(database: Database) -> None:
    await _tables(database)
    await database.execute(INSERT, "p1", 1, None)
    with refused(SqlConstraintError):
        await database.batch(
            [
                Statement("UPDATE player SET tier = 2"),
                Statement(INSERT, ("p2", 1, None)),
                Statement(INSERT, ("p1", 1, None)),
            ]
        )
    with refused(SqlError):
        await database.batch([Statement("DELETE FROM player"), Statement("SELEC 1")])
    equal(await database.query("SELECT id, tier FROM player"), [{"id": "p1", "tier": 1}])


async def check_an_empty_batch_changes_nothing(database: Database) -> None:
    equal(await database.batch([]), [])


async def _tables(database: Database) -> None:
    await database.batch(
        [
            Statement("DROP TABLE IF EXISTS document"),
            Statement("DROP TABLE IF EXISTS player"),
            Statement(
                "CREATE TABLE player (id TEXT NOT NULL PRIMARY KEY, tier INTEGER, mark BLOB) STRICT"
            ),
            Statement(
                "CREATE TABLE document (n INTEGER PRIMARY KEY, player TEXT REFERENCES player (id))"
                " STRICT"
            ),
        ]
    )
