"""The parts of the platform that fail, and how: each the real port, with an accident at a place.

    SimulatedSql     a statement or the commit after it fails; the transaction is rolled back
    SimulatedAlarm   cannot be set; is lost; what fires it twice, late or never is the history
    SimulatedQueue   refuses a batch, or takes it and says it did not
    SimulatedD1      no answer before or after a statement; a read from a replica that is behind
    SimulatedClock   runs ahead of the true time or behind it, and is set back

Awaiting a simulated port gives way (`breath`), so that the driver decides who goes on: two
consumers, or two ticks of cron, really run into one another.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from shared.platform.native.d1 import NativeD1
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Record, Row, SqlError, SqlValue, Statement, Unreachable

READS: Final = ("query", "first")


class SimulatedSql(NativeSql):
    """The storage of one wallet; `fail_at(n)` lets the n-th statement or commit from now fail."""

    def __init__(self) -> None:
        super().__init__()
        self._until_failure = 0
        self.has_failed = False

    def fail_at(self, nth: int) -> None:
        self._until_failure = nth
        self.has_failed = False

    def fail_no_more(self) -> None:
        self._until_failure = 0

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        if self._until_failure:
            self._step()
        return self._engine.run(statement, params)[1]

    def execute(self, statement: str, *params: SqlValue) -> None:
        if self._until_failure:
            self._step()
        self._engine.run(statement, params)

    def transaction[T](self, body: Callable[[], T]) -> T:
        if not self._until_failure:
            return super().transaction(body)

        def committed() -> T:
            result = body()
            if self._until_failure:
                self._step()
            return result

        return super().transaction(committed)

    def load(self, image: NativeSql) -> None:
        """Become a copy of `image`."""
        image._engine._connection.backup(self._engine._connection)

    def _step(self) -> None:
        self._until_failure -= 1
        if self._until_failure == 0:
            self.has_failed = True
            raise SqlError("disk I/O error")


class SimulatedClock:
    """`Clock` at the world's time plus an error of its own."""

    __slots__ = ("skew_ms", "true_ms")

    def __init__(self, true_ms: int) -> None:
        self.true_ms = true_ms
        self.skew_ms = 0

    def now_ms(self) -> int:
        return self.true_ms + self.skew_ms


class SimulatedAlarm:
    """`Alarm` that a history fires, or forgets."""

    __slots__ = ("at_ms", "refuses")

    def __init__(self) -> None:
        self.at_ms: int | None = None
        self.refuses = False

    async def set_at(self, at_ms: int) -> None:
        if self.refuses:
            raise Unreachable("the alarm was not set")
        self.at_ms = at_ms

    async def get(self) -> int | None:
        return self.at_ms


@dataclass(slots=True)
class Message:
    """A message of the queue and what its consumer said: the port `jobs.projection.Message`."""

    text: str
    message_id: str
    attempts: int = 0
    said: str = ""

    def ack(self) -> None:
        assert not self.said, "a message is answered once"
        self.said = "ack"

    def retry(self, *, delay_s: int) -> None:
        assert not self.said, "a message is answered once"
        assert delay_s > 0
        self.said = "retry"


@dataclass(slots=True)
class SimulatedQueue:
    """`Queue`. `fault` is "" , "refused" or "taken": the batch is there and yet it says no."""

    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    fault: str = ""
    sent: int = 0

    async def send_batch(self, messages: Sequence[str]) -> None:
        if self.fault == "refused":
            raise Unreachable("the queue did not answer")
        for text in messages:
            self.sent += 1
            self.waiting.append(Message(text, f"m{self.sent}"))
        if self.fault == "taken":
            raise Unreachable("the queue did not answer")


class _Breath:
    def __await__(self) -> Generator[None]:
        yield


class SimulatedD1:
    """`Database`. Each call draws its fate: an answer, none before or after, or an old truth."""

    def __init__(self, inner: NativeD1) -> None:
        self._inner = inner
        self.chance: Random | None = None
        """None: nothing fails and nothing is old."""
        self._old: dict[tuple[str, tuple[SqlValue, ...]], list[Record]] = {}

    async def query(self, statement: str, *params: SqlValue) -> list[Record]:
        await _Breath()
        if self._fails():
            raise Unreachable("D1 did not answer")
        if "projection_heads" in statement and self.chance is not None:
            # Head look-ups may be served by a replica that is behind.
            old = self._old.get((statement, params))
            if old is not None and self.chance.random() < 0.1:
                return old
            fresh = await self._inner.query(statement, *params)
            self._old[statement, params] = fresh
            return fresh
        return await self._inner.query(statement, *params)

    async def first(self, statement: str, *params: SqlValue) -> Record | None:
        records = await self.query(statement, *params)
        return records[0] if records else None

    async def execute(self, statement: str, *params: SqlValue) -> int:
        return (await self.batch([Statement(statement, params)]))[0]

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        await _Breath()
        if self._fails():
            raise Unreachable("D1 did not answer")
        changes = await self._inner.batch(statements)
        if self._fails():
            raise Unreachable("D1 did its work and did not say so")
        return changes

    def _fails(self) -> bool:
        return self.chance is not None and self.chance.random() < 0.04


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what awaits simulated ports only, to its end and without giving way to anybody."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: T = done.value
            return result


def run_together(coroutines: Sequence[Coroutine[Any, Any, Any]], chance: Random) -> list[object]:
    """Run all, chance saying at each breath who goes on; results or what was raised, in order."""
    ends: list[object] = [None] * len(coroutines)
    running = list(enumerate(coroutines))
    while running:
        index, coroutine = entry = running[chance.randrange(len(running))]
        try:
            coroutine.send(None)
        except StopIteration as done:
            ends[index] = done.value
            running.remove(entry)
        except Exception as error:  # noqa: BLE001 - the caller judges what a job may raise
            ends[index] = error
            running.remove(entry)
    return ends
