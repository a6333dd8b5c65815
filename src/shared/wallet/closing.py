"""Closing the books: old events leave the wallet for the archive, in steps that each may die.

    prepare   the wallet chooses the cut and proves every event up to it, a share a call
    (archive) the caller copies events and answers out, and reads the copies back
    commit    one event, BOOKS_CLOSED, takes the place of everything up to the cut
    drop      what is archived is removed, a share a call

Each step may be repeated and interrupted anywhere. Nothing is removed before the commit, and only
the triggers' `closed_seq`, which moves with the event BOOKS_CLOSED and never back, lets anything be
removed at all. An event stays online for `KEPT_ONLINE_MS` whatever the caller asks for. A key whose
answer was removed stays as a mark of its hash, so its command is never carried out again; a round
stays as a mark in the same way.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Final, cast

from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import Rejected
from shared.kernel.values import altered
from shared.platform.ports import Sql, SqlValue
from shared.wallet import tables
from shared.wallet.closed_book import KEPT_ONLINE_MS, ClosedBook, Closing
from shared.wallet.commands import BooksCommit, BooksPrepare
from shared.wallet.dropping import drop_share
from shared.wallet.errors import BOOKS_CONFLICT, BOOKS_NOT_READY
from shared.wallet.gates import refuse_frozen
from shared.wallet.marks import added, book_sum, leaving_sum, stored_sum
from shared.wallet.model import GENESIS_HASH, Draft, Head, Moment
from shared.wallet.opening import (
    carried_rounds,
    events_of,
    opening_of,
    opening_text,
    told_of,
)
from shared.wallet.verify import WHOLE, Proof, prove

EVENTS_PER_BOOK: Final = 50_000
type Body = dict[str, object]


def prepare(sql: Sql, head: Head, command: BooksPrepare, now_ms: int) -> Body:
    """Begin a closing, or go on with the one that is on its way; says how far it is.

    Raises:
        Rejected: `wallet_frozen`.
        InvariantBroken: when a law does not hold up to the cut.
    """
    refuse_frozen(head)
    closing = current(sql)
    if closing is None:
        before_ms = min(command.before_ms, now_ms - KEPT_ONLINE_MS)
        to_seq = _cut(sql, head, before_ms)
        if to_seq - head.closed_seq < command.least_events:
            return {"stage": "nothing", "closed_seq": head.closed_seq}
        number = len(sql.query("SELECT number FROM closed_books")) + 1
        begun = Proof.from_opening(sql)
        closing = Closing(number, head.closed_seq + 1, to_seq, "proving", begun.text, "")
    if closing.stage == "proving":
        proof = Proof.of_text(closing.fold)
        prove(sql, proof, min(WHOLE, closing.to_seq - proof.state.seq))
        is_done = proof.state.seq == closing.to_seq
        closing = altered(closing, fold=proof.text, stage="ready" if is_done else "proving")
        _keep(sql, closing)
    return _progress(sql, closing)


def commit(
    sql: Sql, head: Head, command: BooksCommit, moment: Moment, append: Callable[[Draft], object]
) -> Body:
    """Close the books: from now on the wallet begins behind the cut.

    Raises:
        Rejected: `wallet_frozen`, `books_not_ready` when the prepared book is another,
            `books_conflict` when the book was closed over another manifest.
    """
    refuse_frozen(head)
    done = tables.find(sql, ClosedBook, "FROM closed_books WHERE number = ?", command.book)
    if done:
        return _repeated(done[0], command)
    closing = current(sql)
    if closing is None or closing.stage != "ready":
        raise Rejected(BOOKS_NOT_READY, "no book is prepared")
    proof = Proof.of_text(closing.fold)
    state = proof.state
    told = (closing.number, closing.to_seq, state.hash, _answers_before(sql, closing.to_seq))
    if told != (command.book, command.to_seq, command.hash, command.answers):
        raise Rejected(BOOKS_NOT_READY, "another book is prepared")
    rounds = carried_rounds(sql, closing.to_seq)
    stay = json.dumps(events_of(rounds, closing.to_seq))
    carried = dict(
        cast(
            "list[tuple[int, str]]",
            sql.query(
                "SELECT seq, hash FROM events WHERE seq IN (SELECT value FROM json_each(?))", stay
            ),
        )
    )
    staked_cash = int(_has_staked_cash(sql, closing.to_seq))
    before = opening_of(sql)
    marks = added(
        # The first sum of a wallet takes the marks that there are as they are.
        stored_sum(sql) if before is None or before.marks is None else int(before.marks, 16),
        leaving_sum(sql, closing.number, closing.to_seq),
        book_sum(closing.number, closing.to_seq, command.answers, staked_cash),
    )
    fold = opening_text(sql, state, asdict(proof.books), carried, closing.to_seq, marks)
    book = ClosedBook(
        number=closing.number,
        from_seq=closing.from_seq,
        closed_seq=closing.to_seq,
        closed_hash=state.hash,
        closed_through=state.recorded_at,
        cash_minor=state.cash_minor,
        bonus_minor=state.bonus_minor,
        held_minor=state.held_minor,
        answers=command.answers,
        staked_cash=staked_cash,
        opening_sha256=sha256_hex(fold),
        manifest_sha256=command.manifest_sha256,
        event_seq=head.seq + 1,
    )
    append(Draft(moment.new_id(), "BOOKS_CLOSED", told_of(book)))
    tables.put(sql, book)
    sql.execute("DELETE FROM opening")
    sql.execute("INSERT INTO opening (id, fold) VALUES (1, ?)", fold)
    sql.execute("DELETE FROM carried")
    sql.execute(
        "INSERT INTO carried (seq, hash) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
        json.dumps(sorted(carried.items())),
    )
    sql.execute("UPDATE meta SET closed_seq = ? WHERE id = 1", book.closed_seq)
    sql.execute("DELETE FROM proofs")
    _keep(sql, altered(closing, stage="dropping", fold="{}", cursor=""))
    return _closed_body(book)


def drop(sql: Sql, head: Head) -> Body:
    """Remove a share of what is archived; `done` when nothing of it is left.

    Raises:
        Rejected: `wallet_frozen`.
    """
    refuse_frozen(head)
    closing = current(sql)
    if closing is None:
        return {"stage": "done", "closed_seq": head.closed_seq}
    if closing.stage == "dropping":
        following = drop_share(sql, closing)
        if following is None:
            sql.execute("DELETE FROM closing")
            return {"stage": "done", "closed_seq": head.closed_seq}
        _keep(sql, altered(closing, cursor=following))
    return _progress(sql, closing)


def answers(sql: Sql, after: str, limit: int) -> Body:
    """The answers that the prepared book takes along, in the order of their keys."""
    closing = current(sql)
    rows = (
        []
        if closing is None
        else sql.query(
            "SELECT idempotency_key, request_hash, status, response, seq FROM commands "
            "WHERE idempotency_key > ? AND seq < ? ORDER BY idempotency_key "
            "LIMIT CAST(? AS INTEGER)",
            after,
            closing.to_seq,
            limit,
        )
    )
    names = ("idempotency_key", "request_hash", "status", "response", "seq")
    return {"answers": [dict(zip(names, row, strict=True)) for row in rows]}


def current(sql: Sql) -> Closing | None:
    """The closing that is on its way."""
    found = tables.find(sql, Closing, "FROM closing")
    return found[0] if found else None


def _keep(sql: Sql, closing: Closing) -> None:
    sql.execute("DELETE FROM closing")
    sql.execute(
        "INSERT INTO closing (id, number, from_seq, to_seq, stage, fold, cursor) "
        "VALUES (1, ?, ?, ?, ?, ?, ?)",
        closing.number,
        closing.from_seq,
        closing.to_seq,
        closing.stage,
        closing.fold,
        closing.cursor,
    )


def _cut(sql: Sql, head: Head, before_ms: int) -> int:
    """The last event of a command that was recorded before `before_ms` and that the queue has; at
    most a book of events. No index by time is needed: time never runs backwards along the log.
    """
    delivered = cast("int", sql.query("SELECT delivered_seq FROM outbox")[0][0])
    last = min(head.seq, delivered, head.closed_seq + EVENTS_PER_BOOK)
    cut = _last_before(sql, head.closed_seq, last, before_ms)
    if head.closed_seq < cut < head.seq and _time_of(sql, cut) == _time_of(sql, cut + 1):
        cut = _last_before(sql, head.closed_seq, cut, _time_of(sql, cut))
    return cut


def _last_before(sql: Sql, low: int, high: int, before_ms: int) -> int:
    """The last of the events `low` + 1 … `high` recorded before `before_ms`; `low` if none is."""
    while low < high:
        middle = (low + high + 1) // 2
        if _time_of(sql, middle) < before_ms:
            low = middle
        else:
            high = middle - 1
    return low


def _time_of(sql: Sql, seq: int) -> int:
    return cast("int", sql.query("SELECT recorded_at FROM events WHERE seq = ?", seq)[0][0])


def _progress(sql: Sql, closing: Closing) -> Body:
    body: Body = {
        "stage": closing.stage,
        "book": closing.number,
        "from_seq": closing.from_seq,
        "to_seq": closing.to_seq,
    }
    if closing.stage == "proving":
        body["proved_seq"] = Proof.of_text(closing.fold).state.seq
    if closing.stage == "ready":
        body |= {
            "prev_hash": _one(sql, "SELECT prev_hash FROM events WHERE seq = ?", closing.from_seq),
            "hash": _one(sql, "SELECT hash FROM events WHERE seq = ?", closing.to_seq),
            "answers": _answers_before(sql, closing.to_seq),
            "previous_sha256": _one(
                sql,
                "SELECT coalesce((SELECT manifest_sha256 FROM closed_books "
                "ORDER BY number DESC LIMIT 1), ?)",
                GENESIS_HASH,
            ),
        }
    return body


def _one(sql: Sql, statement: str, *params: SqlValue) -> SqlValue:
    return sql.query(statement, *params)[0][0]


def _repeated(book: ClosedBook, command: BooksCommit) -> Body:
    told = (book.closed_seq, book.closed_hash, book.answers, book.manifest_sha256)
    if told != (command.to_seq, command.hash, command.answers, command.manifest_sha256):
        raise Rejected(BOOKS_CONFLICT, "the book was closed over another manifest")
    return _closed_body(book)


def _closed_body(book: ClosedBook) -> Body:
    return {"book": book.number, "closed_seq": book.closed_seq, "seq": book.event_seq}


def _answers_before(sql: Sql, closed_seq: int) -> int:
    """Answers that the book takes along. Those given at the cut itself stay: a command without an
    event may still be answered there.
    """
    return cast("int", sql.query("SELECT count(*) FROM commands WHERE seq < ?", closed_seq)[0][0])


def _has_staked_cash(sql: Sql, closed_seq: int) -> bool:
    return bool(
        sql.query(
            "SELECT 1 FROM rounds WHERE opened_seq < ?1 AND settled_seq <= ?1 "
            "AND rolled_back_seq IS NULL AND stake_cash > 0 LIMIT 1",
            closed_seq,
        )
    )
