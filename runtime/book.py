"""A wallet as it was at an event of its closed books: `make book PLAYER=id SEQ=n STATE=folder`.

    make book PLAYER=… SEQ=1234 STATE=folder      the data of a local edge that is stopped
    make book PLAYER=… SEQ=1234 ARCHIVE=folder    a downloaded copy of the archive bucket

The wallet itself answers `event_archived` for such an event. Its books have every event up to the
last closing: each file has to be as its manifest says, each manifest has to name the one before,
each event has to continue the chain from the first on. The state is then replayed by the wallet's
own code and printed as JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "runtime")]

from state_folder import StateFolder, folder_archive  # noqa: E402

from shared.archive.books import Book, book_of_text, manifest_key  # noqa: E402
from shared.archive.lines import unpack_lines  # noqa: E402
from shared.archive.model import FIRST_MANIFEST  # noqa: E402
from shared.wallet.chain import event_hash  # noqa: E402
from shared.wallet.history import state_body  # noqa: E402
from shared.wallet.model import GENESIS_HASH, Event  # noqa: E402
from shared.wallet.replay import State, replayed  # noqa: E402

EVENT_FIELDS = tuple(each.name for each in fields(Event))


class BookUnsoundError(Exception):
    """The books do not prove themselves, or do not have the event; the message says what."""


def state_in_books(archive: Mapping[str, bytes], player_id: str, seq: int) -> State:
    """The wallet's state right after an event of its closed books.

    Raises:
        BookUnsoundError: when a file is not as written or no book has the event.
    """
    state = State()
    for book in _books(archive, player_id):
        events = _events(archive, book, state)
        state = replayed((event for event in events if event.seq <= seq), state)
        if state.seq == seq:
            return state
    raise BookUnsoundError(f"no book of {player_id} has event {seq}: the wallet may still have it")


def _books(archive: Mapping[str, bytes], player_id: str) -> Iterator[Book]:
    number, previous = 1, FIRST_MANIFEST
    while (manifest := archive.get(manifest_key(player_id, number))) is not None:
        book = book_of_text(manifest.decode())
        if book.previous_sha256 != previous:
            raise BookUnsoundError(f"book {number} does not continue the book before it")
        yield book
        number, previous = number + 1, sha256(manifest).hexdigest()


def _events(archive: Mapping[str, bytes], book: Book, state: State) -> Iterator[Event]:
    """All events of a book, each checked against the one before; `state` is where it begins."""
    seq, head = (state.seq, state.hash) if state.seq else (0, GENESIS_HASH)
    for part in book.events:
        packed = archive.get(part.key)
        if packed is None or sha256(packed).hexdigest() != part.sha256:
            raise BookUnsoundError(f"{part.key} is missing or not as its manifest says")
        for line in unpack_lines(packed):
            members = json.loads(line)
            event = Event(**{name: members[name] for name in EVENT_FIELDS})
            if (event.seq, event.prev_hash) != (seq + 1, head) or event_hash(event) != event.hash:
                raise BookUnsoundError(f"{part.key}: the chain does not hold at {seq + 1}")
            seq, head = event.seq, event.hash
            yield event


def main() -> int:
    """0 with the state on standard output; 1 when the books do not have it or are not sound."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--state", type=Path, help="data folder of a stopped local edge")
    source.add_argument("--archive", type=Path, help="folder with a copy of the archive bucket")
    parser.add_argument("--player", required=True)
    parser.add_argument("--seq", type=int, required=True)
    wanted = parser.parse_args()
    archive = (
        StateFolder(wanted.state).archive() if wanted.state else folder_archive(wanted.archive)
    )
    try:
        state = state_in_books(archive, wanted.player, wanted.seq)
    except BookUnsoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(state_body(state), indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
