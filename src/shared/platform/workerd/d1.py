"""`Database` on D1. A batch is one transaction; there are no interactive ones."""

from collections.abc import Sequence

from shared.platform.ports import Record, SqlValue, Statement
from shared.platform.workerd.foreign import Foreign, JsException, optional, to_js, unwrapped
from shared.platform.workerd.values import bound, read, refusal_or_silence


class D1Database:
    """`Database` of one D1 binding."""

    __slots__ = ("_database",)

    def __init__(self, binding: Foreign) -> None:
        self._database = unwrapped(binding)

    async def query(self, statement: str, *params: SqlValue) -> list[Record]:
        prepared = self._prepared(statement, params)
        try:
            rows = (await prepared.all()).results.to_py()
        except JsException as error:
            raise refusal_or_silence(error) from None
        return [_record(row) for row in rows]

    async def first(self, statement: str, *params: SqlValue) -> Record | None:
        prepared = self._prepared(statement, params)
        try:
            row = optional(await prepared.first())
        except JsException as error:
            raise refusal_or_silence(error) from None
        return None if row is None else _record(row.to_py())

    async def execute(self, statement: str, *params: SqlValue) -> int:
        prepared = self._prepared(statement, params)
        try:
            return int((await prepared.run()).meta.changes)
        except JsException as error:
            raise refusal_or_silence(error) from None

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        if not statements:
            return []
        prepared = [self._prepared(statement.sql, statement.params) for statement in statements]
        try:
            results = await self._database.batch(to_js(prepared))
        except JsException as error:
            raise refusal_or_silence(error) from None
        return [int(result.meta.changes) for result in results]

    def _prepared(self, statement: str, params: Sequence[SqlValue]) -> Foreign:
        prepared = self._database.prepare(statement)
        return prepared.bind(*bound(params)) if params else prepared


def _record(row: dict[str, Foreign]) -> Record:
    return dict(zip(row, read(row.values()), strict=True))
