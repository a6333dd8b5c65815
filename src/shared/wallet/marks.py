"""Marks: what closed books leave of a key and of a round, and one number that binds them all.

The archived events that could tell whether a mark is the right one are gone. So a closing adds up
all marks, those there are and those it will leave, and the opening carries the sum: each mark is
hashed to 2,048 bits, and the hashes are added modulo 2^2048. A sum needs no order, so the next book
adds its own marks without reading the others again; nobody finds other marks with the same sum. The
row of each book is added too, for what its event does not say.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256, shake_256
from typing import Final, cast

from shared.platform.ports import Sql, SqlValue
from shared.wallet import tables
from shared.wallet.model import Round

MARK_BYTES: Final = 16
"""Of a SHA-256: two texts of one wallet meet with a chance of 2⁻¹²⁸, and then a command is refused,
never repeated."""
MARKS_AT_ONCE: Final = 200_000
"""A proof adds up as many; of a wallet that has more it compares their number only."""

_HASH_BYTES: Final = 256
_MODULUS: Final = 1 << (8 * _HASH_BYTES)
_PAGE: Final = 2_000
_STORED: Final = (
    f"""
    SELECT max(slot), json_group_array('key ' || hex(slot) || ' ' || hex(request) || ' ' || book)
    FROM (SELECT * FROM closed_keys WHERE slot > ? ORDER BY slot LIMIT {_PAGE})
    """,  # noqa: S608 - a number of ours
    f"""
    SELECT max(round),
           json_group_array('round ' || hex(round) || ' ' || settled || ' ' || rolled_back)
    FROM (SELECT * FROM closed_rounds WHERE round > ? ORDER BY round LIMIT {_PAGE})
    """,  # noqa: S608 - a number of ours
)
"""Pages of lines: one row of the platform's costs more than a hundred lines of text."""

_ANSWERS: Final = f"""
SELECT idempotency_key, request_hash FROM commands
WHERE idempotency_key > ? AND seq < ? ORDER BY idempotency_key LIMIT {_PAGE}
"""  # noqa: S608 - a number of ours
_ROUNDS: Final = (
    f"FROM rounds WHERE opened_seq > ? AND opened_seq <= ? ORDER BY opened_seq LIMIT {_PAGE}"
)

type KeyMark = tuple[bytes, bytes, int]
"""Half a hash of the key, half a hash of its request, the number of the book."""
type RoundMark = tuple[bytes, int, int]
"""Half a hash of the round, whether it was settled, whether it was rolled back."""


def mark(text: str) -> bytes:
    """What stays of a key or of a round in closed books."""
    return sha256(text.encode()).digest()[:MARK_BYTES]


def key_mark(slot: str, request_hash: str, book: int) -> KeyMark:
    """What stays of an answer."""
    return mark(slot), bytes.fromhex(request_hash)[:MARK_BYTES], book


def round_mark(found: Round) -> RoundMark:
    """What stays of a round that is over."""
    is_settled, is_undone = found.settled_seq is not None, found.rolled_back_seq is not None
    return mark(found.round_id), int(is_settled), int(is_undone)


def stored_sum(sql: Sql) -> int:
    """The sum of the marks and the books that the wallet holds."""
    return _sum(_stored_lines(sql))


def leaving_sum(sql: Sql, book: int, closed_seq: int) -> int:
    """The sum of the marks that closing up to `closed_seq` will leave."""
    return _sum(_leaving_lines(sql, book, closed_seq))


def book_sum(number: int, closed_seq: int, answers: int, staked_cash: int) -> int:
    """What the row of a book adds."""
    return _sum((_book_line(number, closed_seq, answers, staked_cash),))


def added(*sums: int) -> str:
    """Sums together, as the opening carries them: 512 hexadecimal characters."""
    return f"{sum(sums) % _MODULUS:0{2 * _HASH_BYTES}x}"


def _sum(lines: Iterable[str]) -> int:
    hashes = (shake_256(line.encode()).digest(_HASH_BYTES) for line in lines)
    return sum(int.from_bytes(digest) for digest in hashes) % _MODULUS


def _stored_lines(sql: Sql) -> Iterator[str]:
    for statement in _STORED:
        last: SqlValue = b""
        while last is not None:
            last, lines = sql.query(statement, last)[0]
            yield from json.loads(str(lines))
    for book in sql.query("SELECT number, closed_seq, answers, staked_cash FROM closed_books"):
        yield _book_line(*book)


def _leaving_lines(sql: Sql, book: int, closed_seq: int) -> Iterator[str]:
    key = ""
    while rows := sql.query(_ANSWERS, key, closed_seq):
        for slot, request_hash in cast("list[tuple[str, str]]", rows):
            kept, request, _ = key_mark(slot, request_hash, book)
            yield f"key {kept.hex().upper()} {request.hex().upper()} {book}"
        key = str(rows[-1][0])
    opened_seq = 0
    while rounds := tables.find(sql, Round, _ROUNDS, opened_seq, closed_seq):
        for found in rounds:
            if found.is_over_at(closed_seq):
                kept, settled, undone = round_mark(found)
                yield f"round {kept.hex().upper()} {settled} {undone}"
        opened_seq = rounds[-1].opened_seq


def _book_line(*columns: SqlValue) -> str:
    return f"book {json.dumps(columns)}"
