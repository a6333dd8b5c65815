"""`Sql` on the SQLite of a Durable Object, by the raw storage handle.

No cursor is left half read: an `INSERT … RETURNING` whose rows nobody takes loses the write and
resets the object. A write that returns no rows is done when `exec` returns, and its cursor is not
asked, for that is a crossing to JavaScript like any other and a bet writes six times. Writes
outside `transaction` stay even when the method raises afterwards.
"""

from collections.abc import Callable
from functools import lru_cache
from types import CoroutineType

from shared.platform.ports import Row, SqlValue
from shared.platform.workerd.foreign import Foreign, JsException, unwrapped
from shared.platform.workerd.values import bound, read, refusal


@lru_cache(512)
def _may_return_rows(statement: str) -> bool:
    text = statement.lstrip().upper()
    return not text.startswith(("INSERT", "UPDATE", "DELETE")) or "RETURNING" in text


class DurableSql:
    """`Sql` of the object that `ctx` belongs to."""

    __slots__ = ("_sql", "_storage")

    def __init__(self, ctx: Foreign) -> None:
        self._storage = unwrapped(ctx).storage
        self._sql = self._storage.sql

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        try:
            cursor = self._sql.exec(statement, *bound(params))
            # Two levels: the array of rows and each row; a BLOB stays a buffer for `read`.
            rows = cursor.raw().toArray().to_py(depth=2)
        except JsException as error:
            raise refusal(error) from None
        return [tuple(read(row)) for row in rows]

    def execute(self, statement: str, *params: SqlValue) -> None:
        try:
            cursor = self._sql.exec(statement, *bound(params))
            if _may_return_rows(statement):
                cursor.toArray()
        except JsException as error:
            raise refusal(error) from None

    def transaction[T](self, body: Callable[[], T]) -> T:
        outcome: list[T] = []

        def run() -> None:
            # The result stays in Python: returned, it would cross to JavaScript and back.
            result = body()
            if isinstance(result, CoroutineType):
                result.close()
                raise TypeError("a transaction is one synchronous block: its body cannot await")
            outcome.append(result)

        try:
            self._storage.transactionSync(run)
        except JsException as error:
            raise refusal(error) from None
        return outcome[0]
