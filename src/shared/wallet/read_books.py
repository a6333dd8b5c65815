"""Reading the commands that close books: the house's own, and no key of them is remembered."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from shared.wallet.commands import BooksCommit, BooksDrop, BooksPrepare, Command
from shared.wallet.payload import Fields

_SHA256: Final = re.compile(r"[0-9a-f]{64}")

BOOK_COMMANDS: Final[Mapping[str, Callable[[Fields], Command]]] = {
    "books_prepare": lambda f: BooksPrepare(
        f.moment("before_ms"), f.whole("least_events", least=1)
    ),
    "books_commit": lambda f: BooksCommit(
        f.whole("book", least=1),
        f.whole("to_seq", least=1),
        f.matching("hash", _SHA256),
        f.whole("answers", least=0),
        f.matching("manifest_sha256", _SHA256),
    ),
    "books_drop": lambda _: BooksDrop(),
}
