"""The daily anchor: every wallet is asked where its chain ends; one root commits to all answers.

The heads come from the wallets themselves and not from the projection, because the anchor is to
bind the truth. A run gathers slice by slice, asks those again that did not answer, builds the
Merkle tree subtree by subtree, and publishes: the anchor's row in D1 first, then the files in R2,
which repeat what the row says. Each step is bounded and the next tick goes on where the last one
ended. Days follow each other: a day is begun when the one before is done, and never twice.
"""

import asyncio
from collections.abc import Sequence
from itertools import batched
from typing import Final

from jobs.anchor_store import (
    AnchorRun,
    begin_run,
    counted,
    forget_before,
    heads_after,
    keep_anchor,
    keep_heads,
    last_day,
    missing_after,
    moved,
    open_run,
    players_after,
    previous_anchor,
    subtree_count,
    subtree_roots,
    with_subtrees,
)
from jobs.ports import Ports
from jobs.refill import WalletUnavailableError, ask_wallet
from jobs.runs import Outcome
from shared.archive.lines import MEDIA_TYPE, pack_lines
from shared.audit.anchors import (
    ANCHOR_FORMAT,
    SUBTREE_LEAVES,
    Anchor,
    day_that_ended,
    since_midnight_ms,
    tree_root,
)
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, local_date, rfc3339
from shared.platform.ports import PlatformError

JOB: Final = "anchors"

WALLETS_PER_TICK: Final = 800
WALLETS_AT_ONCE: Final = 40
"""800 wallets in five minutes are 230,400 a day; a wallet answers in a few milliseconds."""

TICK_BUDGET_MS: Final = MINUTE_MS
LEAVES_PER_FILE: Final = 16 * SUBTREE_LEAVES
ATTEMPTS: Final = 3
"""Ticks in which a silent wallet is asked again. One that stays silent is counted as missing: its
player finds no proof that day, and the anchor of the others does not wait."""

LOST_AFTER_MS: Final = HOUR_MS
"""When the nightly trigger has not begun the day's anchor by then, an ordinary tick does."""

HEADS_KEPT_DAYS: Final = 35
ROWS_FORGOTTEN_PER_TICK: Final = 5_000
"""Proofs are served from D1 for 35 days; after that the file in the archive has the leaves."""


async def begin_and_advance(ports: Ports, slot: int) -> Outcome:
    """The nightly trigger: begin the anchor of the São Paulo day that has ended, and work on it."""
    if await open_run(ports.db) is None:
        day = day_that_ended(slot)
        if day > await last_day(ports.db):
            await begin_run(ports.db, day, ports.clock.now_ms())
    return await advance(ports, slot)


async def advance(ports: Ports, slot: int) -> Outcome:
    """An ordinary tick: go on with the run that is open, or begin one whose trigger was lost."""
    run = await open_run(ports.db)
    if run is None and since_midnight_ms(slot) >= LOST_AFTER_MS:
        day = day_that_ended(slot)
        if day > await last_day(ports.db):
            await begin_run(ports.db, day, ports.clock.now_ms())
            run = await open_run(ports.db)
    if run is None:
        oldest = local_date(slot - HEADS_KEPT_DAYS * DAY_MS).isoformat()
        return {"forgotten": await forget_before(ports.db, oldest, ROWS_FORGOTTEN_PER_TICK)}
    return await _work(ports, run)


async def _work(ports: Ports, run: AnchorRun) -> Outcome:
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    asked = 0
    current: AnchorRun | None = run
    while current is not None and ports.clock.now_ms() <= deadline_ms:
        match current.stage:
            case "gather" if asked < WALLETS_PER_TICK:
                asked += await _gather(ports, current)
            case "again" if asked < WALLETS_PER_TICK:
                asked += await _ask_again(ports, current)
            case "build":
                await _build(ports, current)
            case "publish":
                await _publish(ports, current)
            case _:
                break
        current = await open_run(ports.db)
        if current is not None and current.stage == "again" and not current.cursor:
            break  # silent wallets are given until the next tick
    return {"day": run.day, "asked": asked, "stage": current.stage if current else "done"}


async def _gather(ports: Ports, run: AnchorRun) -> int:
    players = await players_after(ports.db, run, WALLETS_PER_TICK)
    heads = await _heads(ports, players)
    if len(players) == WALLETS_PER_TICK:
        move = moved(run, "gather", players[-1])
    elif any(seq is None for _, seq, _ in heads) or await _silent(ports, run):
        move = moved(run, "again", "", 1)
    else:
        move = moved(run, "build", "")
    await keep_heads(ports.db, run, heads, move)
    return len(players)


async def _silent(ports: Ports, run: AnchorRun) -> bool:
    row = await ports.db.first(
        "SELECT 1 AS one FROM anchor_heads WHERE day = ? AND seq IS NULL LIMIT 1", run.day
    )
    return row is not None


async def _ask_again(ports: Ports, run: AnchorRun) -> int:
    players = await missing_after(ports.db, run, WALLETS_PER_TICK)
    heads = await _heads(ports, players)
    if len(players) == WALLETS_PER_TICK:
        move = moved(run, "again", players[-1], run.attempts)
    elif run.attempts < ATTEMPTS and any(seq is None for _, seq, _ in heads):
        move = moved(run, "again", "", run.attempts + 1)
    else:
        move = moved(run, "build", "")
    await keep_heads(ports.db, run, heads, move)
    return len(players)


async def _heads(ports: Ports, players: Sequence[str]) -> list[tuple[str, int | None, str | None]]:
    heads: list[tuple[str, int | None, str | None]] = []
    for group in batched(players, WALLETS_AT_ONCE):
        heads += await asyncio.gather(*(_head(ports, player_id) for player_id in group))
    return heads


async def _head(ports: Ports, player_id: str) -> tuple[str, int | None, str | None]:
    try:
        body = await ask_wallet(ports, player_id, "head", {})
    except (WalletUnavailableError, PlatformError):
        return player_id, None, None
    seq, head_hash = body.get("seq"), body.get("head_hash")
    if type(seq) is not int or not isinstance(head_hash, str):
        return player_id, None, None
    return player_id, seq, head_hash


async def _build(ports: Ports, run: AnchorRun) -> None:
    """One file of leaves and its subtrees; every file but the last holds full subtrees only."""
    heads = await heads_after(ports.db, run, LEAVES_PER_FILE)
    first = await subtree_count(ports.db, run.day) if run.cursor else 0
    if heads:
        key = (
            f"{folder(run.day)}/heads-{first // (LEAVES_PER_FILE // SUBTREE_LEAVES):05d}.ndjson.gz"
        )
        packed = pack_lines(head.leaf for head in heads)
        await ports.archive.put(key, packed, content_type=MEDIA_TYPE)
    stage = "build" if len(heads) == LEAVES_PER_FILE else "publish"
    cursor = heads[-1].player_id if heads else run.cursor
    statements = [with_subtrees(run, first, heads), counted(run), moved(run, stage, cursor)]
    await ports.db.batch(statements)


async def _publish(ports: Ports, run: AnchorRun) -> None:
    previous, previous_hash = await previous_anchor(ports.db, run.day)
    anchor = await keep_anchor(
        ports.db,
        Anchor(
            day=run.day,
            root=tree_root(await subtree_roots(ports.db, run.day)),
            leaves=run.leaves,
            missing=run.missing,
            previous=previous,
            audit_seq=run.audit_seq,
            audit_hash=run.audit_hash,
            made_at=ports.clock.now_ms(),
            previous_hash=previous_hash,
        ),
    )
    await ports.archive.put(
        f"{folder(run.day)}/anchor.json",
        canonical_json(anchor_document(anchor)).encode(),
        content_type="application/json",
    )
    await ports.db.batch([moved(run, "done", run.cursor)])


def folder(day: str) -> str:
    """Where the files of a day's anchor are."""
    return f"anchors/v1/day={day}"


def anchor_document(anchor: Anchor) -> dict[str, object]:
    """The anchor as it is published."""
    return {
        "format": ANCHOR_FORMAT,
        "day": anchor.day,
        "root": anchor.root,
        "leaves": anchor.leaves,
        "missing": anchor.missing,
        "previous": anchor.previous,
        "audit_seq": anchor.audit_seq,
        "audit_hash": anchor.audit_hash,
        "made_at": rfc3339(anchor.made_at),
        "previous_hash": anchor.previous_hash,
        "hash": anchor.hash,
    }
