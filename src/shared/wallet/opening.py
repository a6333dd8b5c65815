"""Where a wallet with closed books begins: the fold of everything that was archived.

A wallet whose books were closed at `closed_seq` holds the events after it. What the archived ones
added up to is its opening: the replayed state and the counters of the proof, the hashes of the few
older events that are still needed (`carried`), one digest of the rows that stay although the events
that made them are gone (`kept`), and the sum of the marks (`marks`). The opening is one text; its
SHA-256 stands in the event BOOKS_CLOSED, which is part of the chain and so of every anchor: nobody
changes an opening without breaking the law `books`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, cast

from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import InvariantBroken
from shared.kernel.values import value
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.chain import event_hash
from shared.wallet.closed_book import ClosedBook
from shared.wallet.marks import MARKS_AT_ONCE, added, stored_sum
from shared.wallet.model import Event, Round
from shared.wallet.replay import State
from shared.wallet.replay_gate import Facts

_KEPT: Final = (
    """
    SELECT deposit_id, amount_minor, credited_seq, end_to_end_id FROM deposits
    WHERE credited_seq <= ? ORDER BY deposit_id
    """,
    """
    SELECT withdrawal_id, amount_minor, end_to_end_id, status, closed_seq FROM withdrawals
    WHERE closed_seq <= ? ORDER BY withdrawal_id
    """,
    "SELECT seq, kind, until, source, made_at FROM exclusions WHERE seq <= ? ORDER BY seq",
)
"""Named columns: a later release may add others without changing the digest of older books."""

_KEPT_SEEDS: Final = (
    "SELECT number, server_seed, client_seed, nonce FROM seeds WHERE number < ? ORDER BY number"
)


@value
class Opening:
    """The newest closed book and its fold. `carried` has hashes by seq; `marks` is the sum of all
    marks (`marks.added`), None in an opening of before there were sums.
    """

    book: ClosedBook
    text: str
    state: Facts
    counters: Facts
    carried: dict[int, str]
    kept: str
    marks: str | None


def opening_of(sql: Sql) -> Opening | None:
    """The opening in force; None in a wallet whose books were never closed.

    Raises:
        InvariantBroken: `books`, when the opening is not the one that the closing event names.
    """
    rows = sql.query("SELECT fold FROM opening")
    if not rows:
        return None
    text = str(rows[0][0])
    book = tables.find(sql, ClosedBook, "FROM closed_books ORDER BY number DESC LIMIT 1")
    if not book or sha256_hex(text) != book[0].opening_sha256:
        raise InvariantBroken("books", "the opening is not what its book says")
    fold: dict[str, Any] = json.loads(text)
    return Opening(
        book[0],
        text,
        fold["state"],
        fold["counters"],
        {int(seq): digest for seq, digest in fold["carried"].items()},
        fold["kept"],
        fold.get("marks"),
    )


def opening_text(
    sql: Sql, state: State, counters: Facts, carried: dict[int, str], closed_seq: int, marks: str
) -> str:
    """The fold of everything up to `closed_seq`, as it is stored and hashed: in the order in which
    things happened, which a canonical text would lose. `marks` is their sum once all are left.
    """
    return json.dumps(
        {
            "state": asdict(state),
            "counters": counters,
            "carried": {str(seq): digest for seq, digest in carried.items()},
            "kept": kept_digest(sql, closed_seq, state.seeds_committed),
            "marks": marks,
        }
    )


def kept_digest(sql: Sql, closed_seq: int, seeds_committed: int) -> str:
    """SHA-256 of the rows whose events are archived and that no event will change any more."""
    kept = [sql.query(statement, closed_seq) for statement in _KEPT]
    return sha256_hex(canonical_json([*kept, sql.query(_KEPT_SEEDS, seeds_committed)]))


def carried_rounds(sql: Sql, closed_seq: int) -> list[Round]:
    """Rounds begun in closed books that are not over in them: they wait for a win, or their refund
    came later.
    """
    return tables.find(
        sql,
        Round,
        "FROM rounds WHERE opened_seq <= ?1 "
        "AND (coalesce(rolled_back_seq, settled_seq) IS NULL "
        "OR max(coalesce(settled_seq, 0), coalesce(rolled_back_seq, 0)) > ?1) ORDER BY opened_seq",
        closed_seq,
    )


def events_of(rounds: Sequence[Round], closed_seq: int) -> list[int]:
    """The places of the archived events that tell these rounds."""
    told = (
        seq
        for found in rounds
        for seq in (found.opened_seq, found.settled_seq, found.rolled_back_seq)
        if seq is not None and seq <= closed_seq
    )
    return sorted(told)


def check_opening(sql: Sql, opening: Opening) -> list[Event]:
    """Hold what stayed of the archived past against the opening; the carried events.

    Raises:
        InvariantBroken: `books`.
    """
    closed_seq = opening.book.closed_seq
    events = tables.events(sql, "WHERE seq IN (SELECT seq FROM carried) ORDER BY seq")
    found = {event.seq: event.hash for event in events if event_hash(event) == event.hash}
    carried = dict(cast("list[tuple[int, str]]", sql.query("SELECT seq, hash FROM carried")))
    if not found == opening.carried == carried:
        raise InvariantBroken("books", "the events that stayed are not the archived ones")
    is_dropping = bool(sql.query("SELECT 1 FROM closing WHERE stage = 'dropping'"))
    old = sql.query("SELECT count(*) FROM events WHERE seq <= ?", closed_seq)
    if old != [(len(carried),)] and not is_dropping:
        raise InvariantBroken("books", "an archived event is there again")
    if kept_digest(sql, closed_seq, opening.state["seeds_committed"]) != opening.kept:
        raise InvariantBroken("books", "a row whose event is archived was changed")
    _check_marks(sql, opening, is_dropping=is_dropping)
    return events


def _check_marks(sql: Sql, opening: Opening, *, is_dropping: bool) -> None:
    """Their number always; their sum when the last of them is there and the opening has one."""
    keys, rounds, answers = cast(
        "tuple[int, int, int]",
        sql.query(
            "SELECT (SELECT count(*) FROM closed_keys), (SELECT count(*) FROM closed_rounds), "
            "(SELECT coalesce(sum(answers), 0) FROM closed_books)"
        )[0],
    )
    if keys > answers or (keys < answers and not is_dropping):
        raise InvariantBroken("books", "a key of a closed book was forgotten or made up")
    if is_dropping or opening.marks is None or keys + rounds > MARKS_AT_ONCE:
        return
    if added(stored_sum(sql)) != opening.marks:
        raise InvariantBroken("books", "a mark of closed books was changed")


def check_told(sql: Sql, event: Event, data: Facts) -> None:
    """Hold a BOOKS_CLOSED event against the row of its book.

    Raises:
        InvariantBroken: `books`.
    """
    rows = tables.find(sql, ClosedBook, "FROM closed_books WHERE number = ?", data["book"])
    if [told_of(row) for row in rows] != [data] or rows[0].event_seq != event.seq:
        raise InvariantBroken("books", f"the row of book {data['book']}")


def told_of(book: ClosedBook) -> Facts:
    """What a BOOKS_CLOSED event says: enough to go on from here with nothing but this event."""
    return {
        "book": book.number,
        "from_seq": book.from_seq,
        "closed_seq": book.closed_seq,
        "closed_hash": book.closed_hash,
        "closed_through": book.closed_through,
        "cash_minor": book.cash_minor,
        "bonus_minor": book.bonus_minor,
        "held_minor": book.held_minor,
        "answers": book.answers,
        "opening_sha256": book.opening_sha256,
        "manifest_sha256": book.manifest_sha256,
    }


def opening_body(sql: Sql) -> dict[str, object]:
    """What the log of a wallet with closed books begins with: it stands in a BOOKS_CLOSED event."""
    rows = tables.find(sql, ClosedBook, "FROM closed_books ORDER BY number DESC LIMIT 1")
    return told_of(rows[0])
