"""Money that arrived and belongs to nobody yet: what the bank told of and could not be worked off.

There is no player whom an alert could name, so it is a list, with how long each payment has waited;
people find out whose it is and have it sent back or credited.
"""

from dataclasses import dataclass
from typing import Final

from services.container import House
from services.rows import integer
from shared.platform.ports import Record

_WAITING: Final = "outcome NOT IN ('credited', 'refunded')"

_PAGE: Final = f"""
SELECT *, received_at || '_' || end_to_end_id AS place FROM pix_received
WHERE {_WAITING} AND (received_at, end_to_end_id) < (CAST(?1 AS INTEGER), ?2)
ORDER BY received_at DESC, end_to_end_id DESC LIMIT CAST(?3 AS INTEGER)
"""  # noqa: S608 - a condition of this module

_SUMMARY: Final = f"""
SELECT count(*) AS count, coalesce(sum(amount_minor), 0) AS amount_minor,
  min(received_at) AS oldest_at FROM pix_received WHERE {_WAITING}
"""  # noqa: S608 - a condition of this module

_NEWEST: Final = (10**15, "")


@dataclass(frozen=True, slots=True)
class Suspense:
    """How many payments wait, their sum as far as it can be read, and when the oldest came."""

    count: int
    amount_minor: int
    oldest_at: int | None


async def suspense(house: House) -> Suspense:
    """All that waits, counted."""
    row = await house.db.first(_SUMMARY)
    assert row is not None
    oldest_at = row["oldest_at"]
    return Suspense(
        count=integer(row["count"]),
        amount_minor=integer(row["amount_minor"]),
        oldest_at=None if oldest_at is None else integer(oldest_at),
    )


async def suspense_before(house: House, cursor: str | None, limit: int) -> list[Record]:
    """`limit` payments that wait, the newest first, after the one whose `place` is `cursor`."""
    received_at, end_to_end_id = _NEWEST
    if cursor is not None:
        time, _, end_to_end_id = cursor.partition("_")
        received_at = int(time)
    return await house.db.query(_PAGE, received_at, end_to_end_id, limit)
