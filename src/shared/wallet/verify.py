"""Proof: everything the wallet claims, recomputed from its events.

The log is read in pages. Each event must follow the one before it (no gap, its hash, time not
running backwards), be what its hash says, move what its type may move, and fold to the balances it
caches (`replay`). Then the rows that commands rely on must be what the same events add up to
(`books`). The first law that does not hold is named, with the place of the event where there is
one.

The log of a wallet with closed books begins behind them: the proof goes on from their opening
(`opening`), whose hash the chain carries. A wallet of at most `WHOLE` events is proved whole each
time. A longer one is proved `WHOLE` events a call: `newest` goes on where the last proof ended,
`full` starts at the first event and goes on, call by call, until it has reached the end; how far
each has come is kept with its fold. Somebody who could rewrite the log could rewrite that fold too,
which is what the full proof is for.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, cast

from shared.kernel.errors import InvariantBroken
from shared.kernel.values import value
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.books import Books
from shared.wallet.chain import event_hash, may_leave_debt
from shared.wallet.model import Event
from shared.wallet.opening import opening_of
from shared.wallet.page_rows import rows_of
from shared.wallet.posting import postings
from shared.wallet.replay import State
from shared.wallet.replay_gate import Facts
from shared.wallet.upcast import newest_data

WHOLE: Final = 20_000
_PAGE: Final = 500

Kind = Literal["newest", "full"]


@value
class Verdict:
    """`law` is None when every law holds; `broken_at` is the place of the event that breaks it.

    Events `from_seq` to `events` were read now; `is_complete` when that is the end of the log and
    the tables were compared too.
    """

    events: int
    from_seq: int = 1
    is_complete: bool = True
    law: str | None = None
    broken_at: int | None = None


class _LawBroken(Exception):
    def __init__(self, law: str, seq: int | None) -> None:
        super().__init__(law)
        self.law = law
        self.seq = seq


@dataclass(slots=True)
class Proof:
    """How far a proof has come. `proved_seq` is where the last one of its kind ended that reached
    the end of the log: to begin anew does not undo it.
    """

    state: State
    books: Books
    is_complete: bool = False
    proved_seq: int = 0

    @classmethod
    def from_opening(cls, sql: Sql, proved_seq: int = 0) -> "Proof":
        """A proof that has read nothing yet: it begins where the wallet's own log begins.

        Raises:
            InvariantBroken: `books`.
        """
        opening = opening_of(sql)
        if opening is None:
            return cls(State(), Books(), proved_seq=proved_seq)
        state, books = State(**opening.state), Books.of(opening.counters)
        return cls(state, books, proved_seq=proved_seq)

    @classmethod
    def of_text(cls, text: str) -> "Proof":
        """What `text` gave."""
        fold: dict[str, Any] = json.loads(text)
        state, books = State(**fold["state"]), Books.of(fold["books"])
        return cls(state, books, proved_seq=fold.get("proved_seq", 0))

    @property
    def text(self) -> str:
        fold = {"state": asdict(self.state), "books": asdict(self.books)}
        return json.dumps({**fold, "proved_seq": self.proved_seq})

    def read(self, sql: Sql, most: int) -> None:
        """Prove the next events, at most `most` of them."""
        for page in _pages(sql, self.state.seq, most):
            told = [_read(event) for event in page]
            rows = rows_of(sql, page, [facts or {} for facts in told])
            for event, facts in zip(page, told, strict=True):
                _follow(event, self.state)
                if facts is None:
                    raise _LawBroken("data", event.seq)
                try:
                    postings(event)
                    self.state.apply(event, facts)
                    _check_balances(event, facts, self.state)
                    self.books.check(sql, event, facts, rows, self.state)
                except InvariantBroken as broken:
                    raise _LawBroken(broken.law, event.seq) from broken
                except (LookupError, TypeError, ValueError, AttributeError) as unreadable:
                    raise _LawBroken("data", event.seq) from unreadable

    def finish(self, sql: Sql) -> None:
        """Hold the tables against the fold when the end of the log is reached."""
        head = sql.query("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")
        self.is_complete = head == [(self.state.seq, self.state.hash)] or not head
        if head and head[0][0] == self.state.seq and not self.is_complete:
            raise _LawBroken("hash", self.state.seq)
        if self.is_complete:
            try:
                self.books.close(sql, self.state)
            except InvariantBroken as broken:
                raise _LawBroken(broken.law, _place(broken, self.state)) from broken
            self.proved_seq = self.state.seq


def verify(sql: Sql, kind: Kind = "newest") -> Verdict:
    """Prove the wallet, whole or the next part of it; keeps how far it came in a long one."""
    is_long = own_length(sql) > WHOLE
    try:
        proof = _stored(sql, kind) if is_long else Proof.from_opening(sql)
        if kind == "full" and proof.is_complete:
            proof = Proof.from_opening(sql, proof.proved_seq)
    except InvariantBroken as broken:
        return Verdict(0, law=broken.law)
    from_seq = proof.state.seq + 1
    try:
        proof.read(sql, WHOLE if is_long else WHOLE + 1)
        proof.finish(sql)
    except _LawBroken as broken:
        sql.execute("DELETE FROM proofs")
        return Verdict(proof.state.seq, from_seq, law=broken.law, broken_at=broken.seq)
    if is_long:
        _keep(sql, kind, proof)
        if kind == "full" and proof.is_complete:
            _keep(sql, "newest", proof)
    return Verdict(proof.state.seq, from_seq, proof.is_complete)


def prove(sql: Sql, proof: Proof, most: int) -> None:
    """Take a proof further by at most `most` events, without looking at the end of the log.

    Raises:
        InvariantBroken: the law that does not hold, with its place.
    """
    try:
        proof.read(sql, most)
    except _LawBroken as broken:
        raise InvariantBroken(broken.law, f"at seq {broken.seq}") from broken


def own_length(sql: Sql) -> int:
    """How many events the wallet holds that are not in closed books."""
    rows = sql.query(
        "SELECT coalesce((SELECT max(seq) FROM events), 0) "
        "- coalesce((SELECT closed_seq FROM meta), 0)"
    )
    return cast("int", rows[0][0])


def fully_proved_seq(sql: Sql) -> int:
    """The last event of the newest full proof that reached the end of the log; 0 without one."""
    rows = sql.query(
        "SELECT iif(is_complete = 1, seq, coalesce(fold ->> 'proved_seq', 0)) "
        "FROM proofs WHERE kind = 'full'"
    )
    return cast("int", rows[0][0]) if rows else 0


def forget_full_proof(sql: Sql) -> None:
    """The next full proof begins at the first event, and counts only when it has ended."""
    sql.execute("DELETE FROM proofs WHERE kind = 'full'")


def newest_state(sql: Sql, seq: int) -> State:
    """The state of the newest proof that ended at `seq` or before, or else the opening, to replay
    the rest from; `seq` is not in closed books.
    """
    state = _stored(sql, "newest").state
    return state if state.seq <= seq else Proof.from_opening(sql).state


def _stored(sql: Sql, kind: Kind) -> Proof:
    rows = sql.query("SELECT is_complete, fold FROM proofs WHERE kind = ?", kind)
    if not rows:
        return Proof.from_opening(sql)
    is_complete, text = rows[0]
    proof = Proof.of_text(str(text))
    proof.is_complete = is_complete == 1
    if proof.is_complete:
        proof.proved_seq = proof.state.seq
    return proof


def _keep(sql: Sql, kind: Kind, proof: Proof) -> None:
    sql.execute(
        "INSERT INTO proofs (kind, seq, is_complete, fold) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind) DO UPDATE SET seq = excluded.seq, "
        "is_complete = excluded.is_complete, fold = excluded.fold",
        kind,
        proof.state.seq,
        int(proof.is_complete),
        proof.text,
    )


def _pages(sql: Sql, after: int, most: int) -> Iterator[list[Event]]:
    while most > 0:
        page = tables.events(
            sql, "WHERE seq > ? ORDER BY seq LIMIT CAST(? AS INTEGER)", after, min(_PAGE, most)
        )
        if not page:
            return
        yield page
        after, most = page[-1].seq, most - len(page)


def _read(event: Event) -> Facts | None:
    """The data of an event; None when it is no JSON object."""
    try:
        facts: object = newest_data(event)
    except (TypeError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _follow(event: Event, state: State) -> None:
    if event.seq != state.seq + 1:
        raise _LawBroken("gapless", state.seq + 1)
    if event.prev_hash != state.hash:
        raise _LawBroken("linked", event.seq)
    if event_hash(event) != event.hash:
        raise _LawBroken("hash", event.seq)
    if event.recorded_at < state.recorded_at:
        raise _LawBroken("time", event.seq)


def _check_balances(event: Event, facts: Facts, state: State) -> None:
    folded = (state.cash_minor, state.bonus_minor, state.held_minor)
    if folded != (event.cash_after, event.bonus_after, event.held_after):
        raise InvariantBroken("fold", "a cached balance")
    if min(folded[1:]) < 0 or (folded[0] < 0 and not may_leave_debt(event, facts)):
        raise InvariantBroken("never_negative", "a balance below zero")


def _place(broken: InvariantBroken, state: State) -> int | None:
    return state.seq + 1 if broken.law == "answered" else None
