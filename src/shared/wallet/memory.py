"""What a wallet remembers from one bet to the next: what the last one wrote, the next would read.

Only plays that follow each other use it. It is taken up when a play begins and kept when the play
is committed; a refusal, a failure and any other command leave nothing behind, so that the next play
reads the storage again. The object is the only writer of its storage and a command is one
synchronous block, which is why nothing can change in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.kernel.times import local_day
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.limits import Usage
from shared.wallet.model import (
    DayUsage,
    Event,
    GameSession,
    Grant,
    Head,
    Limit,
    Round,
    Row,
    Seed,
)
from shared.wallet.store import Store


@dataclass(slots=True)
class Memory:
    """`head` is the one that a caller of the login session `session_id` finds; its `caller_until`
    was read before that session became active again, so it ends too early and never too late.
    """

    session_id: str = ""
    head: Head | None = None
    game_session: GameSession | None = None
    seed: Seed | None = None
    limits: tuple[Limit, ...] = ()
    usage: Usage | None = None

    def wrote(self, row: Row) -> bool:
        """Follow a row that was written; False when it is one of which this knows too little."""
        match row:
            case GameSession():
                self.game_session = row
            case Seed():
                if self.seed is None or row.number >= self.seed.number:
                    self.seed = row
            case DayUsage():
                self.usage = None if self.usage is None else self.usage.moved_to(row)
            case Round() | Grant():
                pass  # read anew whenever a bet needs them
            case _:
                return False
        return True


class RememberingStore(Store):
    """A store that answers a play from what the play before it left."""

    __slots__ = ("_at_hand", "_kept")

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql)
        self._kept: Memory | None = None
        self._at_hand: Memory | None = None

    def recall(self) -> None:
        """A play begins: take up what the play before it left, or begin to remember."""
        self._at_hand, self._kept = self._kept or Memory(), None

    def keep(self) -> None:
        """The command is committed: if it was a play, the next one may take up what it leaves."""
        if self._at_hand is not None:
            self._kept = self._at_hand

    def forget(self) -> None:
        """Whatever is remembered is no longer so, or no longer enough."""
        self._at_hand = self._kept = None

    def lay_down(self) -> None:
        """The command is over: until the next play everything is read from the storage."""
        self._at_hand = None

    # Writes

    def put(self, row: Row) -> None:
        """Write a row whole, whether it is new or known."""
        tables.put(self._sql, row)
        if self._at_hand is not None and not self._at_hand.wrote(row):
            self.forget()

    def append(self, new: Sequence[Event], after: Head) -> None:
        """Append events; `after` is the head that they lead to."""
        tables.append(self._sql, new)
        if self._at_hand is not None:
            self._at_hand.head = after

    # Reads

    def head(self, session_id: str) -> Head | None:
        memory = self._at_hand
        if memory is None:
            return super().head(session_id)
        if memory.head is None or memory.session_id != session_id:
            memory.session_id, memory.head = session_id, super().head(session_id)
        return memory.head

    def seed(self) -> Seed:
        memory = self._at_hand
        if memory is None:
            return super().seed()
        if memory.seed is None:
            memory.seed = super().seed()
        return memory.seed

    def game_session(self, session_id: str) -> GameSession | None:
        memory = self._at_hand
        known = None if memory is None else memory.game_session
        if known is not None and known.session_id == session_id:
            return known
        return super().game_session(session_id)

    def protection(self, now_ms: int, day_offset_ms: int) -> tuple[tuple[Limit, ...], Usage]:
        memory = self._at_hand
        if memory is None:
            return super().protection(now_ms, day_offset_ms)
        if memory.usage is None or memory.usage.today.day != local_day(now_ms, day_offset_ms):
            memory.limits, memory.usage = super().protection(now_ms, day_offset_ms)
        return memory.limits, memory.usage
