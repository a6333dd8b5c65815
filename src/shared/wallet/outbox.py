"""The outbox: the events themselves, and a cursor that says how far the queue has been told.

Delivery is at least once. The cursor moves only after the queue has taken a batch, so a crash in
between sends the batch again; the projection is idempotent by `(player_id, seq)`. A failed delivery
backs off exponentially, and the time of the next try is stored, because an alarm can be lost.
Delivery times are of the real clock, which no sandbox moves.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from shared.kernel.times import MINUTE_MS, SECOND_MS
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.answer import encode_body
from shared.wallet.model import Event, Head

BATCH_DELAY_MS: Final = SECOND_MS
"""A burst of bets becomes one batch: the first event waits this long for company."""

PACE_MS: Final = 5 * SECOND_MS
"""A wallet that goes on playing delivers this often: waking once a second for each of many wallets
costs more than their bets (docs/performance.md)."""

MAX_BACKOFF_MS: Final = 5 * MINUTE_MS
MAX_MESSAGE_BYTES: Final = 60_000
"""Of the events of one message, in UTF-8: below the 128 KB that the platform's queue takes, and few
enough that a consumer's whole batch (wrangler.toml) stays below the 2 MB that D1 takes at once.
"""


class Outbox:
    """The cursor of one wallet; every method belongs into a transaction of its caller."""

    __slots__ = ("_sql",)

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def undelivered(self, head: Head, limit: int) -> list[str]:
        """JSON texts of the oldest events that are not delivered, at most `limit` of them and no
        more than one message holds.
        """
        texts: list[str] = []
        size = 0
        found = tables.events(
            self._sql,
            "WHERE seq > (SELECT delivered_seq FROM outbox) ORDER BY seq LIMIT CAST(? AS INTEGER)",
            limit,
        )
        for event in found:
            text = encode_body(as_message(event, head))
            size += len(text.encode()) + 1
            if texts and size > MAX_MESSAGE_BYTES:
                break
            texts.append(text)
        return texts

    def delivered(self, seq: int, now_ms: int) -> None:
        """The queue has every event up to `seq`; what comes next waits for its turn."""
        self._sql.execute(
            "UPDATE outbox SET delivered_seq = max(delivered_seq, CAST(? AS INTEGER)), "
            "attempts = 0, next_at = ?",
            seq,
            now_ms + PACE_MS,
        )

    def failed(self, now_ms: int) -> None:
        """The queue refused: wait one second, then two, four … up to five minutes."""
        attempts = cast("int", self._sql.query("SELECT attempts FROM outbox")[0][0]) + 1
        wait_ms = min(SECOND_MS << min(attempts - 1, 16), MAX_BACKOFF_MS)
        self._sql.execute("UPDATE outbox SET attempts = ?, next_at = ?", attempts, now_ms + wait_ms)

    def next_at(self, now_ms: int) -> int | None:
        """When to deliver next, in real UTC milliseconds; None when everything is delivered."""
        row = self._sql.query(
            "SELECT delivered_seq < coalesce((SELECT max(seq) FROM events), 0), attempts, next_at "
            "FROM outbox"
        )[0]
        waiting, attempts, next_at = cast("tuple[int, int, int]", row)
        if not waiting:
            return None
        if attempts:
            return next_at
        # A clock that was set back must not hold an event longer than one turn.
        return min(max(next_at, now_ms + BATCH_DELAY_MS), now_ms + PACE_MS)


def as_message(event: Event, head: Head) -> Mapping[str, Any]:
    """All columns of an event, with the player and the currency that the wallet's head knows."""
    return {"player_id": head.player_id, "currency": head.currency, **asdict(event)}
