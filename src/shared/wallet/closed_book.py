"""A closed book, and a closing on its way: two rows of the wallet."""

from typing import Final, Literal

from shared.kernel.times import DAY_MS
from shared.kernel.values import value

KEPT_ONLINE_MS: Final = 426 * DAY_MS
"""Fourteen months. A player sees a year (GLI-19 §2.5.7; Portaria SPA/MF 1.231/2024 art. 23 VI), and
the yearly statement, due on the last business day of February (IN RFB 2.299/2025), still finds all
of its year in the wallet."""

Stage = Literal["proving", "ready", "dropping"]


@value
class ClosedBook:
    """A row of `closed_books`: events `from_seq` to `closed_seq` are in the archive.

    Balances are those right after `closed_seq`, in minor units; `closed_through` is when that event
    was recorded. `answers` is how many remembered answers went along, `staked_cash` whether a bet
    with cash stands in it. `manifest_sha256` is the archive's list of the book's files, `event_seq`
    the BOOKS_CLOSED event that took its place.
    """

    number: int
    from_seq: int
    closed_seq: int
    closed_hash: str
    closed_through: int
    cash_minor: int
    bonus_minor: int
    held_minor: int
    answers: int
    staked_cash: int
    opening_sha256: str
    manifest_sha256: str
    event_seq: int


@value
class Closing:
    """The row of a closing on its way. `fold` is the proof so far, `cursor` how far the removal
    is.
    """

    number: int
    from_seq: int
    to_seq: int
    stage: Stage
    fold: str
    cursor: str
