"""The projection made anew beside the one in use, compared with it row for row, and swapped in.

The source is the wallets themselves or the archive. Either way nothing is copied that is not a
verified continuation of what was copied before. The rebuild goes on slice by slice, tick after
tick, while the projection in use goes on projecting; it is compared as far as both reach, and what
one of them lacks at its end is lag, which sweeps make up for. Only an administrator asks for it,
and only when asked does the new copy take the place of the old one.
"""

from collections import defaultdict
from hashlib import sha256
from typing import Final

from jobs.chain import Advance, Head, continue_chain
from jobs.ports import Ports
from jobs.projection_store import REBUILT, append, heads_of
from jobs.rebuild_store import (
    Rebuild,
    difference_count,
    empty,
    end,
    heads_on_both_sides,
    move,
    note_difference,
    note_differences,
    part_after,
    put_into_use,
    running,
    sums_differ,
    wallets_after,
)
from jobs.refill import EVENTS_PER_CALL, WalletUnavailableError, ask_wallet, event_range
from jobs.runs import Outcome
from jobs.wallet_event import NotAnEventError, WalletEvent, event_from_text
from shared.archive.lines import unpack_lines
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import PlatformError

JOB: Final = "rebuild"

TICK_BUDGET_MS: Final = MINUTE_MS
ROWS_PER_DELETE: Final = 5_000
WALLETS_PER_SLICE: Final = 50
PLACES_PER_SLICE: Final = 200
ROWS_PER_COMPARISON: Final = 5_000
CALLS_PER_TICK: Final = 800


class RebuildFailedError(Exception):
    """The source cannot be read; the message says what of it."""


async def rebuild(ports: Ports) -> Outcome:
    """Go on with the rebuild that somebody asked for, if there is one."""
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    steps = 0
    while (current := await running(ports.db)) and steps < CALLS_PER_TICK:
        if ports.clock.now_ms() > deadline_ms:
            break
        try:
            steps += await _step(ports, current)
        except RebuildFailedError as error:
            await end(ports.db, current, "failed", str(error), ports.clock.now_ms())
    left = await running(ports.db)
    return {"steps": steps, "stage": left.stage if left else None}


async def _step(ports: Ports, current: Rebuild) -> int:
    """One bounded piece of work; returns how many calls to wallets or files it may have cost."""
    now_ms = ports.clock.now_ms()
    match current.stage:
        case "clear":
            if await empty(ports.db, ROWS_PER_DELETE):
                await move(ports.db, current, "fill", "", now_ms)
        case "fill" if current.source == "wallets":
            return await _fill_from_wallets(ports, current)
        case "fill":
            await _fill_from_archive(ports, current)
        case "compare":
            await _compare(ports, current)
        case _:
            await _finish(ports, current)
    return 1


async def _fill_from_wallets(ports: Ports, current: Rebuild) -> int:
    """All events of the next wallets; one that does not answer is counted and passed over."""
    players = await wallets_after(ports.db, current.cursor, WALLETS_PER_SLICE)
    heads = await heads_of(ports.db, players, REBUILT)
    calls = 0
    for player_id in players:
        head, events, silent = heads[player_id], 0, 0
        try:
            while found := await event_range(
                ports, player_id, head.seq + 1, head.seq + EVENTS_PER_CALL
            ):
                calls += 1
                run = await _take(ports, current, player_id, head, found)
                events += len(run)
                if len(run) < len(found) or len(found) < EVENTS_PER_CALL:
                    break
                head = Head(run[-1].seq, run[-1].hash)
        except (WalletUnavailableError, PlatformError):
            silent = 1
        now_ms = ports.clock.now_ms()
        await move(
            ports.db,
            current,
            "fill",
            player_id,
            now_ms,
            wallets=1,
            events=events,
            unavailable=silent,
        )
    if len(players) < WALLETS_PER_SLICE:
        await move(ports.db, current, "compare", "", ports.clock.now_ms())
    return calls + 1


async def _fill_from_archive(ports: Ports, current: Rebuild) -> None:
    """The next part. A wallet's events are in the order of the parts, hence always continue."""
    part = await part_after(ports.db, int(current.cursor or 0))
    if part is None:
        await move(ports.db, current, "compare", "", ports.clock.now_ms())
        return
    number, key, expected = part
    packed = await ports.archive.get(key)
    if packed is None or sha256(packed).hexdigest() != expected:
        raise RebuildFailedError(f"{key} is {'not there' if packed is None else 'not as written'}")
    by_player: dict[str, list[WalletEvent]] = defaultdict(list)
    try:
        for line in unpack_lines(packed):
            event = event_from_text(line)
            by_player[event.player_id].append(event)
    except NotAnEventError as error:
        raise RebuildFailedError(f"{key} holds no events: {error}") from error
    heads = await heads_of(ports.db, by_player, REBUILT)
    events = 0
    new = sum(head.seq == 0 for head in heads.values())
    for player_id, found in by_player.items():
        # After a tick that died, a part is read again: what it brought stands already.
        fresh = [event for event in found if event.seq > heads[player_id].seq]
        events += len(await _take(ports, current, player_id, heads[player_id], fresh))
    now_ms = ports.clock.now_ms()
    await move(ports.db, current, "fill", str(number), now_ms, wallets=new, events=events)


async def _take(
    ports: Ports, current: Rebuild, player_id: str, head: Head, found: list[WalletEvent]
) -> tuple[WalletEvent, ...]:
    run = continue_chain(head, found)
    if run:
        advance = Advance(player_id, head, run)
        now_ms = ports.clock.now_ms()
        await append(ports.db, [advance], now_ms=now_ms, arrival="", copy=REBUILT)
    if len(run) < len(found):
        await note_difference(ports.db, current, player_id, found[len(run)].seq, "rebuilt")
    return run


async def _compare(ports: Ports, current: Rebuild) -> None:
    """The next places, as far as both copies reach, a bounded number of rows at a time."""
    player_id, _, seq = current.cursor.partition("|")
    places: list[tuple[str, int, int]] = []
    room = ROWS_PER_COMPARISON
    cursor = ""
    if seq:
        following = await heads_on_both_sides(ports.db, _just_before(player_id), 1)
        following += await heads_on_both_sides(ports.db, player_id, PLACES_PER_SLICE)
    else:
        following = await heads_on_both_sides(ports.db, player_id, PLACES_PER_SLICE)
    for one, in_use, rebuilt in following:
        if in_use > rebuilt and current.source == "wallets":
            await _ask_who_is_right(ports, current, one, in_use, rebuilt)
        first = int(seq) if one == player_id and seq else 1
        last = min(in_use, rebuilt)
        upper = min(last, first + room - 1)
        places.append((one, first, upper))
        room -= max(0, upper - first + 1)
        cursor = one if upper >= last else f"{one}|{upper + 1}"
        if room <= 0:
            break
    await note_differences(ports.db, current, places)
    stage = "compare" if following else "swap"
    await move(ports.db, current, stage, cursor, ports.clock.now_ms())


async def _ask_who_is_right(
    ports: Ports, current: Rebuild, player_id: str, in_use: int, rebuilt: int
) -> None:
    """The projection has more than the wallet gave: it arrived meanwhile, or the wallet has not."""
    try:
        seq = (await ask_wallet(ports, player_id, "head", {})).get("seq")
    except WalletUnavailableError:
        seq = None
    if type(seq) is not int or seq < in_use:
        await note_difference(ports.db, current, player_id, rebuilt + 1, "projection")


def _just_before(player_id: str) -> str:
    """A text that sorts before `player_id` and after every id that is smaller."""
    return player_id[:-1] + chr(ord(player_id[-1]) - 1) + "~"


async def _finish(ports: Ports, current: Rebuild) -> None:
    now_ms = ports.clock.now_ms()
    sums = await sums_differ(ports.db)
    different = await difference_count(ports.db, current)
    told = {None: "sums not compared: one copy lags", 0: "sums equal"}.get(
        sums, f"{sums} sums differ"
    )
    if current.unavailable:
        detail = f"{current.unavailable} wallets did not answer; {told}"
        await end(ports.db, current, "failed", detail, now_ms)
    elif current.swap:
        await put_into_use(ports.db, current, told, now_ms)
    else:
        status = "different" if different or sums else "equal"
        await end(ports.db, current, status, told, now_ms)
