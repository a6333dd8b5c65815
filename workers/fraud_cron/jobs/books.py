"""Closing the books of old wallets: their old events and answers move into the archive.

Wallet by wallet, in the order of player ids, a bounded number a tick, and only players who are
older than what a wallet keeps. A closing is steps that may each die and be repeated: the wallet
proves up to the cut and says so, its events and answers are written as a book and read back, the
wallet commits over the manifest's hash, and then removes what is archived, a share a call. The
wallet remembers how far it is, so a tick that died is gone on with by the next visit.

Nothing is committed that the daily archive does not hold too: two copies, written by two ways, each
checked event by event.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from jobs.archive_store import archived_heads
from jobs.book_files import BookFailedError, manifest_sha256, read_back, write_book
from jobs.ports import Ports
from jobs.projection_store import stored_events
from jobs.records import text
from jobs.refill import EVENTS_PER_CALL, ask_wallet, event_range, tell_wallet
from jobs.runs import Outcome
from jobs.wallet_event import WalletEvent
from shared.kernel.ids import first_id_at
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import Database
from shared.wallet.closed_book import KEPT_ONLINE_MS

JOB: Final = "books"

WALLETS_PER_TICK: Final = 40
LEAST_EVENTS: Final = 200
"""Less is not worth three files and an event."""

TICK_BUDGET_MS: Final = 2 * MINUTE_MS

_CURSOR: Final = """
SELECT outcome ->> 'cursor' AS cursor FROM job_runs
WHERE job = ? AND outcome ->> 'cursor' IS NOT NULL ORDER BY slot DESC LIMIT 1
"""

# Ids are UUIDv7: those below the id of a moment belong to players who registered before it.
_NEXT: Final = """
SELECT player_id FROM archive_heads WHERE player_id > ? AND player_id < ? AND seq >= ?
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""


async def close_books(ports: Ports, slot: int) -> Outcome:
    """Visit the next wallets that are old enough at `slot`, and close what can be closed."""
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    before_ms = slot - KEPT_ONLINE_MS
    begin, cursor, players = await _players(ports.db, before_ms)
    closed = failed = visited = 0
    first_failure = None
    for player_id in players:
        try:
            books, is_done = await close_wallet(ports, player_id, before_ms, deadline_ms)
            closed += books
            if not is_done:
                break
        except Exception as error:  # noqa: BLE001 - one wallet must not keep the others' books open
            failed += 1
            first_failure = first_failure or f"{player_id} {type(error).__name__}"
        visited += 1
    if visited < len(players):
        cursor = players[visited - 1] if visited else begin
    return {
        "cursor": cursor,
        "wallets": visited,
        "books_closed": closed,
        "wallets_failed": failed,
        "first_failure": first_failure,
    }


async def close_wallet(
    ports: Ports, player_id: str, before_ms: int, deadline_ms: int
) -> tuple[int, bool]:
    """Close every book of one wallet that is old enough; how many were committed, and False when
    time ran out before the end.

    Raises:
        WalletUnavailableError: the wallet did not answer as agreed, or is frozen.
        BookFailedError: a copy is not what the wallet proved; nothing was removed.
    """
    asked = {"before_ms": max(1, before_ms), "least_events": LEAST_EVENTS}
    closed = 0
    while ports.clock.now_ms() <= deadline_ms:
        told = await tell_wallet(ports, player_id, "books_prepare", asked)
        match told["stage"]:
            case "nothing":
                return closed, True
            case "ready":
                if not await _is_archived(ports.db, player_id, told["to_seq"], told["hash"]):
                    return closed, True
                await _move(ports, player_id, told)
                closed += 1
            case "dropping":
                await tell_wallet(ports, player_id, "books_drop", {})
    return closed, False


async def _is_archived(db: Database, player_id: str, to_seq: int, event_hash: str) -> bool:
    """True when the daily archive reaches the cut along the same chain."""
    archived = (await archived_heads(db, [player_id]))[player_id]
    known = (await stored_events(db, [(player_id, to_seq)])).get((player_id, to_seq))
    return archived.seq >= to_seq and known is not None and known[0] == event_hash


async def _move(ports: Ports, player_id: str, told: dict[str, Any]) -> None:
    book = await write_book(
        ports, player_id, told, _events(ports, player_id, told), _answers(ports, player_id)
    )
    await read_back(ports.archive, book)
    commit: dict[str, int | str] = {
        "book": book.number,
        "to_seq": book.to_seq,
        "hash": book.hash,
        "answers": book.answer_count,
        "manifest_sha256": manifest_sha256(book),
    }
    await tell_wallet(ports, player_id, "books_commit", commit)


async def _events(
    ports: Ports, player_id: str, told: dict[str, Any]
) -> AsyncIterator[Sequence[WalletEvent]]:
    following = told["from_seq"]
    while following <= told["to_seq"]:
        last = min(told["to_seq"], following + EVENTS_PER_CALL - 1)
        page = await event_range(ports, player_id, following, last)
        if not page:
            raise BookFailedError(f"the wallet gave no event {following}")
        yield page
        following = page[-1].seq + 1


async def _answers(ports: Ports, player_id: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
    after: dict[str, int | str] = {}
    while True:
        body = await ask_wallet(ports, player_id, "book_answers", after)
        rows = body["answers"]
        if not isinstance(rows, list):
            raise BookFailedError("book_answers was answered without answers")
        if not rows:
            return
        yield rows
        after = {"after": rows[-1]["idempotency_key"]}


async def _players(db: Database, before_ms: int) -> tuple[str, str, list[str]]:
    """Where this tick begins and where the next one, and whom this one visits."""
    last = await db.first(_CURSOR, JOB)
    after = text(last, "cursor") if last else ""
    limit = first_id_at(max(0, before_ms))
    rows = await db.query(_NEXT, after, limit, LEAST_EVENTS, WALLETS_PER_TICK)
    players = [text(row, "player_id") for row in rows]
    return after, players[-1] if len(players) == WALLETS_PER_TICK else "", players
