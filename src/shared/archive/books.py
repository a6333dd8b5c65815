"""A closed book in the archive: the events and answers that left one wallet, by themselves.

The daily archive has every event of every wallet already; a book has those of one wallet between
two closings, so that one look finds them, and the answers that were remembered under keys. Its
manifest lists the files with their SHA-256 and names the manifest of the book before. Nothing in
it depends on when it was written: the same book written again is the same bytes. The SHA-256 of the
manifest stands in the wallet's event BOOKS_CLOSED, hence in the chain.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from shared.archive.model import Part, Place
from shared.kernel.canonical import canonical_json
from shared.kernel.values import value

BOOK_FORMAT: Final = "acme.book/1"
FOLDER: Final = "books/v1"
ANSWER_COLUMNS: Final = ("idempotency_key", "request_hash", "status", "response", "seq")


@value
class Book:
    """Events `from_seq` to `to_seq` of one wallet: the first follows `prev_hash`, the last has
    `hash`.
    """

    player_id: str
    number: int
    from_seq: int
    to_seq: int
    prev_hash: str
    hash: str
    events: Sequence[Part]
    answers: Sequence[Part]
    previous_sha256: str

    @property
    def text(self) -> str:
        """The manifest's content."""
        return canonical_json({"format": BOOK_FORMAT, **asdict(self)})

    @property
    def answer_count(self) -> int:
        return sum(part.rows for part in self.answers)


def player_folder(player_id: str) -> str:
    """Where the books of a wallet are."""
    return f"{FOLDER}/player={player_id}/"


def manifest_key(player_id: str, number: int) -> str:
    return f"{player_folder(player_id)}book={number:04d}/manifest.json"


def events_key(player_id: str, number: int, part: int) -> str:
    return f"{player_folder(player_id)}book={number:04d}/events-{part:05d}.ndjson.gz"


def answers_key(player_id: str, number: int, part: int) -> str:
    return f"{player_folder(player_id)}book={number:04d}/answers-{part:05d}.ndjson.gz"


def book_of_text(text: str) -> Book:
    """The book that a manifest describes.

    Raises:
        ValueError, LookupError, TypeError: when the text is no manifest of a book.
    """
    told: dict[str, Any] = json.loads(text)
    if told.pop("format") != BOOK_FORMAT:
        raise ValueError("no manifest of a book")
    for name in ("events", "answers"):
        told[name] = tuple(_part(part) for part in told[name])
    return Book(**told)


def _part(told: dict[str, Any]) -> Part:
    return Part(**{**told, "first": Place(**told["first"]), "last": Place(**told["last"])})
