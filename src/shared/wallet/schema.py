"""The tables of one wallet, and the migrations that bring any older wallet to them.

Migrations are numbered, applied once each in one transaction with their entry in `migrations`, and
never edited after a release. The object's own table holds the version, because the platform does
not allow `PRAGMA user_version`. Tables are STRICT, since an integer parameter arrives as REAL on
this runtime; CHECKs repeat the laws of the ledger below the code that keeps them; triggers make
events and remembered answers append-only.

`events` is also the outbox: `outbox.delivered_seq` says how far the queue has been told, so that a
bet writes no extra row for it.
"""

from typing import Final

from shared.platform.ports import Sql
from shared.wallet.migrations import v1, v2, v3, v4, v5

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    v1.STATEMENTS,
    v2.STATEMENTS,
    v3.STATEMENTS,
    v4.STATEMENTS,
    v5.STATEMENTS,
)
"""Version n is the n-th entry, counted from one."""


def migrate(sql: Sql) -> int:
    """Bring the wallet to the newest schema, all of it or nothing; returns the version it has now.

    Raises:
        RuntimeError: when the wallet was written by a newer release than this one.
    """
    return sql.transaction(lambda: _migrate(sql))


def _migrate(sql: Sql) -> int:
    sql.execute("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY) STRICT")
    found = sql.query("SELECT coalesce(max(version), 0) FROM migrations")[0][0]
    assert isinstance(found, int), found
    if found > len(MIGRATIONS):
        raise RuntimeError(f"wallet schema {found} is newer than this release's {len(MIGRATIONS)}")
    for version, statements in enumerate(MIGRATIONS[found:], start=found + 1):
        for statement in statements:
            sql.execute(statement)
        sql.execute("INSERT INTO migrations (version) VALUES (?)", version)
    return len(MIGRATIONS)
