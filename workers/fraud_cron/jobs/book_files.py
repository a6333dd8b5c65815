"""The files of closed books in R2: written from the wallet, read back, and read by whoever asks for
an event that its wallet no longer holds.

Every event is checked as it is written and again as it is read back: it continues the chain and has
the hash of its content. A file counts for what its manifest says of it, or not at all.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from jobs.chain import Head, continue_chain
from jobs.ports import Ports
from jobs.wallet_event import COLUMNS, NotAnEventError, WalletEvent, event_from_text
from shared.archive.books import (
    ANSWER_COLUMNS,
    Book,
    answers_key,
    book_of_text,
    events_key,
    manifest_key,
    player_folder,
)
from shared.archive.lines import MEDIA_TYPE, pack_lines, unpack_lines
from shared.archive.model import Part, Place, line_of
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.platform.ports import ObjectStore

ROWS_PER_PART: Final = 5_000


class BookFailedError(Exception):
    """A book cannot be written or does not read as it was written; the message says what of it."""


class Shelf:
    """Collects lines and writes them as parts of one kind; each line has its place."""

    def __init__(self, archive: ObjectStore, key_of: Callable[[int], str]) -> None:
        self._archive = archive
        self._key_of = key_of
        self._lines: list[tuple[Place, str]] = []
        self.parts: list[Part] = []

    async def add(self, place: Place, line: str) -> None:
        self._lines.append((place, line))
        if len(self._lines) == ROWS_PER_PART:
            await self.close()

    async def close(self) -> None:
        """Write what is left."""
        if not self._lines:
            return
        packed = pack_lines(line for _, line in self._lines)
        key = self._key_of(len(self.parts) + 1)
        await self._archive.put(key, packed, content_type=MEDIA_TYPE)
        first, last = self._lines[0][0], self._lines[-1][0]
        digest = sha256(packed).hexdigest()
        self.parts.append(Part(key, len(self._lines), len(packed), digest, first, last))
        self._lines = []


async def write_book(
    ports: Ports,
    player_id: str,
    told: dict[str, Any],
    events: AsyncIterator[Sequence[WalletEvent]],
    answers: AsyncIterator[Sequence[dict[str, Any]]],
) -> Book:
    """Write the files of a prepared book and its manifest. `told` is the wallet's answer to
    `books_prepare`; `events` and `answers` are pages from the wallet.

    Raises:
        BookFailedError: when the events are not those that the wallet proved.
    """
    number = told["book"]
    head = Head(told["from_seq"] - 1, told["prev_hash"])
    of_events = Shelf(ports.archive, lambda part: events_key(player_id, number, part))
    async for page in events:
        run = continue_chain(head, page)
        if len(run) < len(page):
            raise BookFailedError(f"the chain does not continue behind {head.seq}")
        for event in run:
            place = Place(player_id, event.seq, event.recorded_at)
            await of_events.add(place, line_of(COLUMNS, event.row))
        head = Head(run[-1].seq, run[-1].hash)
    await of_events.close()
    if head != Head(told["to_seq"], told["hash"]):
        raise BookFailedError(f"the events end at {head.seq}")
    of_answers = Shelf(ports.archive, lambda part: answers_key(player_id, number, part))
    async for rows in answers:
        for row in rows:
            line = canonical_json({name: row[name] for name in ANSWER_COLUMNS})
            await of_answers.add(Place(player_id, row["seq"], 0), line)
    await of_answers.close()
    book = Book(
        player_id=player_id,
        number=number,
        from_seq=told["from_seq"],
        to_seq=told["to_seq"],
        prev_hash=told["prev_hash"],
        hash=told["hash"],
        events=tuple(of_events.parts),
        answers=tuple(of_answers.parts),
        previous_sha256=told["previous_sha256"],
    )
    await ports.archive.put(
        manifest_key(player_id, number), book.text.encode(), content_type="application/json"
    )
    return book


async def read_back(archive: ObjectStore, book: Book) -> None:
    """Read a book as if nobody remembered writing it, and hold it against `book`.

    Raises:
        BookFailedError: when a file is missing, is not as written, or breaks the chain.
    """
    packed = await archive.get(manifest_key(book.player_id, book.number))
    if packed is None or packed.decode() != book.text:
        raise BookFailedError("the manifest is not as written")
    head = Head(book.from_seq - 1, book.prev_hash)
    for part in book.events:
        events = await events_of_part(archive, part)
        run = continue_chain(head, events)
        if len(run) < len(events) or len(run) != part.rows:
            raise BookFailedError(f"{part.key} does not continue the chain behind {head.seq}")
        head = Head(run[-1].seq, run[-1].hash)
    if head != Head(book.to_seq, book.hash):
        raise BookFailedError(f"the events read end at {head.seq}")
    for part in book.answers:
        rows = [json.loads(line) for line in await _lines(archive, part)]
        if len(rows) != part.rows or any(row.keys() != set(ANSWER_COLUMNS) for row in rows):
            raise BookFailedError(f"{part.key} does not hold the answers")


async def archived_events(
    archive: ObjectStore, player_id: str, from_seq: int, limit: int
) -> list[WalletEvent]:
    """Events of closed books from `from_seq` on, in order, up to `limit` or where the newest book
    ends; none when no book has that event.

    Raises:
        BookFailedError: when a file is not as its manifest says.
    """
    found: list[WalletEvent] = []
    for book in await books_of(archive, player_id):
        for part in book.events:
            following = from_seq + len(found)
            if part.first.seq <= following <= part.last.seq and len(found) < limit:
                events = await events_of_part(archive, part)
                found += events[following - part.first.seq :]
    return found[:limit]


async def books_of(archive: ObjectStore, player_id: str) -> list[Book]:
    """The books of a wallet, oldest first; the last may be one that is not committed yet.

    Raises:
        BookFailedError: when a manifest is none.
    """
    books = []
    for key in await archive.list(player_folder(player_id)):
        if key.endswith("/manifest.json") and (packed := await archive.get(key)) is not None:
            try:
                books.append(book_of_text(packed.decode()))
            except (ValueError, LookupError, TypeError) as error:
                raise BookFailedError(f"{key} is no manifest") from error
    return books


async def events_of_part(archive: ObjectStore, part: Part) -> list[WalletEvent]:
    """The events of one file.

    Raises:
        BookFailedError: when it is not as its manifest says.
    """
    try:
        return [event_from_text(line) for line in await _lines(archive, part)]
    except NotAnEventError as error:
        raise BookFailedError(f"{part.key} holds no events: {error}") from error


async def _lines(archive: ObjectStore, part: Part) -> list[str]:
    packed = await archive.get(part.key)
    if packed is None or sha256(packed).hexdigest() != part.sha256:
        raise BookFailedError(f"{part.key} is missing or not as its manifest says")
    return list(unpack_lines(packed))


def manifest_sha256(book: Book) -> str:
    """What the wallet's closing event says of the book."""
    return sha256_hex(book.text)
