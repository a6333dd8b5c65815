"""`Sql` on `sqlite3`, with the platform's rules: see `sqlite_engine`."""

from collections.abc import Callable
from types import CoroutineType

from shared.platform.native.sqlite_engine import SqliteEngine
from shared.platform.ports import Row, SqlValue


class NativeSql:
    """`Sql` on a file, or in memory; a path opened again is the object after its eviction."""

    def __init__(self, path: str = ":memory:") -> None:
        self._engine = SqliteEngine(path)

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        return self._engine.run(statement, params)[1]

    def execute(self, statement: str, *params: SqlValue) -> None:
        self._engine.run(statement, params)

    def transaction[T](self, body: Callable[[], T]) -> T:
        with self._engine.transaction():
            result = body()
            if isinstance(result, CoroutineType):
                result.close()
                raise TypeError("a transaction is one synchronous block: its body cannot await")
            return result

    def close(self) -> None:
        """Close the file; the adapter also does when nothing refers to it any more."""
        self._engine.close()
