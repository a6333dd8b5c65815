"""The archive in R2: each wallet's events, once, as a verified continuation of what is archived.

A day is archived when it is over. What arrives later for it becomes a further part, and since a
wallet is archived in the order of its events, an event is in exactly one part however often it is
projected again. Every event is checked on its way out: it must continue the archived chain and
carry the hash of its content, so a row that somebody changed in D1 never reaches the archive; its
wallet is held back, with an alert, until the projection is put right.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

from jobs.alerts import raise_alerts
from jobs.archive_store import (
    AFTER_EVERY_PLAYER,
    archived_heads,
    hold,
    keep_manifest,
    next_manifest,
    next_part,
    unpublished_day,
    waiting_day,
    waiting_rows,
    with_part,
    with_progress,
)
from jobs.chain import Head, chain_alert, continue_chain
from jobs.ports import Ports
from jobs.runs import Outcome
from jobs.wallet_event import COLUMNS, NotAnEventError, WalletEvent, event_from_members
from shared.archive.lines import MEDIA_TYPE, pack_lines
from shared.archive.model import Part, Place, line_of, manifest_keys, part_key
from shared.kernel.times import MINUTE_MS, local_date

JOB: Final = "archive"

ROWS_PER_PART: Final = 5_000
ROWS_PER_QUERY: Final = 1_000
PARTS_PER_TICK: Final = 20
TICK_BUDGET_MS: Final = MINUTE_MS
"""100,000 events a tick are 28.8 million a day; a part of 5,000 is some 4 MB before compression."""


@dataclass(slots=True)
class _Draft:
    """Events for one part, and how far the day's list has been worked off with them."""

    lines: list[str] = field(default_factory=list)
    first: WalletEvent | None = None
    last: WalletEvent | None = None
    heads: dict[str, Head] = field(default_factory=dict)
    until_player: str = AFTER_EVERY_PLAYER
    held: int = 0


async def archive(ports: Ports, slot: int) -> Outcome:
    """Write parts of days that are over at `slot`, and the manifests that list them."""
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    today = local_date(slot).isoformat()
    parts = rows = held = 0
    for _ in range(PARTS_PER_TICK):
        day = await waiting_day(ports.db, today)
        if day is None or ports.clock.now_ms() > deadline_ms:
            break
        draft = await _draft(ports, day)
        held += draft.held
        rows += len(draft.lines)
        parts += await _write(ports, day, draft)
    manifests = 0
    while day := await unpublished_day(ports.db):
        await _publish(ports, day)
        manifests += 1
    return {"parts": parts, "rows": rows, "held": held, "manifests": manifests}


async def _draft(ports: Ports, day: str) -> _Draft:
    draft = _Draft()
    after = ("", 0)
    while len(draft.lines) < ROWS_PER_PART:
        rows = await waiting_rows(ports.db, day, after, ROWS_PER_QUERY)
        await _take(ports, draft, rows)
        if len(rows) < ROWS_PER_QUERY:
            return draft
        after = (str(rows[-1]["player_id"]), int(rows[-1]["seq"]))
    draft.until_player = after[0]
    return draft


async def _take(ports: Ports, draft: _Draft, rows: Iterable[dict[str, Any]]) -> None:
    by_player = {
        player_id: list(group) for player_id, group in groupby(rows, lambda row: row["player_id"])
    }
    heads = await archived_heads(ports.db, list(by_player)) | draft.heads
    for player_id, group in by_player.items():
        run = continue_chain(heads[player_id], _readable(group))
        if len(run) < len(group):
            await _hold(ports, player_id, group[len(run)], run[-1] if run else None)
            draft.held += 1
        if run:
            draft.lines += [line_of(COLUMNS, event.row) for event in run]
            draft.first, draft.last = draft.first or run[0], run[-1]
            draft.heads[player_id] = Head(run[-1].seq, run[-1].hash)


def _readable(rows: Iterable[dict[str, Any]]) -> list[WalletEvent]:
    """The events of rows, up to the first that is none."""
    events = []
    for row in rows:
        try:
            events.append(event_from_members(row))
        except NotAnEventError:
            break
    return events


async def _hold(
    ports: Ports, player_id: str, broken: dict[str, Any], last: WalletEvent | None
) -> None:
    await hold(ports.db, player_id)
    alert = chain_alert(
        player_id,
        Head(int(broken["seq"]), str(broken["hash"])),
        law="an archived event continues the chain and has the hash of its content",
        source="projection",
        known_hash=last.hash if last else None,
        agreed_at=last.recorded_at if last else 0,
        found_at=ports.clock.now_ms(),
    )
    await raise_alerts(ports, [alert])


async def _write(ports: Ports, day: str, draft: _Draft) -> int:
    """The file first, then the row that makes it count; returns how many parts were written."""
    statements = with_progress(day, draft.heads, draft.until_player)
    if draft.first and draft.last:
        number, part = await next_part(ports.db, day)
        packed = pack_lines(draft.lines)
        made = Part(
            key=part_key(day, part),
            rows=len(draft.lines),
            bytes=len(packed),
            sha256=sha256(packed).hexdigest(),
            first=_place(draft.first),
            last=_place(draft.last),
        )
        await ports.archive.put(made.key, packed, content_type=MEDIA_TYPE)
        statements.insert(0, with_part(day, part, number, made, ports.clock.now_ms()))
    await ports.db.batch(statements)
    return 1 if draft.lines else 0


def _place(event: WalletEvent) -> Place:
    return Place(event.player_id, event.seq, event.recorded_at)


async def _publish(ports: Ports, day: str) -> None:
    manifest = await next_manifest(ports.db, day, ports.clock.now_ms())
    for key in manifest_keys(day, manifest.number):
        await ports.archive.put(key, manifest.text.encode(), content_type="application/json")
    await keep_manifest(ports.db, manifest)
