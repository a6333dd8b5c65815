"""`Database` on `sqlite3`, with the platform's rules: see `sqlite_engine`."""

from collections.abc import Sequence
from pathlib import Path

from shared.platform.native.sqlite_engine import SqliteEngine
from shared.platform.ports import Record, SqlValue, Statement


class NativeD1:
    """`Database` on a file, or in memory; `migrations` is a folder of files to apply in order."""

    def __init__(self, path: str = ":memory:", *, migrations: Path | None = None) -> None:
        self._engine = SqliteEngine(path)
        for file in sorted(migrations.glob("*.sql")) if migrations else ():
            self._engine.script(file.read_text(encoding="utf-8"))

    async def query(self, statement: str, *params: SqlValue) -> list[Record]:
        names, rows = self._engine.run(statement, params)
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def first(self, statement: str, *params: SqlValue) -> Record | None:
        records = await self.query(statement, *params)
        return records[0] if records else None

    async def execute(self, statement: str, *params: SqlValue) -> int:
        return self._changed_by(Statement(statement, params))

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        with self._engine.transaction():
            return [self._changed_by(statement) for statement in statements]

    def close(self) -> None:
        """Close the file; the adapter also does when nothing refers to it any more."""
        self._engine.close()

    def _changed_by(self, statement: Statement) -> int:
        before = self._engine.changes()
        self._engine.run(statement.sql, statement.params)
        return self._engine.changes() - before
