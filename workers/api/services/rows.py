"""Reading D1: pages of a list, and the columns of a row with the type that the schema promises.

Lists are newest first, by a key that never repeats, and a cursor is the last key of the page
before. Keys are UUIDv7 or sequence numbers, so order by key is order by time, and a row that
arrives while someone pages can neither hide nor repeat another.
"""

from collections.abc import Sequence

from shared.platform.ports import Record, SqlValue

AFTER_EVERY_ID = "g"
"""Sorts after every hexadecimal id: the cursor of the first page."""


def page_of(rows: Sequence[Record], limit: int, key: str) -> tuple[list[Record], str | None]:
    """Split `limit + 1` fetched rows into the page and the cursor of the next one."""
    page = list(rows[:limit])
    return page, str(page[-1][key]) if len(rows) > limit else None


def integer(value: object) -> int:
    """The value of an INTEGER NOT NULL column, or of a JSON member that is one."""
    assert type(value) is int, type(value)
    return value


def optional_integer(value: SqlValue) -> int | None:
    """The value of an INTEGER column that may be NULL."""
    return None if value is None else integer(value)
