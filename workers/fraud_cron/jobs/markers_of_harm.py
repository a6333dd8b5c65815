"""Every five minutes: the players whose play has moved, or whose time has come, are looked at anew.

Who has new events is read from the projection's heads by the time of their arrival, with an overlap
for transactions that ended later than they began; who must be looked at without new events (a score
fades, a contact was noted, an outcome is due) waits in `harm_players.look_at`. A visit counts a
bounded number of events and goes on in the next tick where it ended; one that fails comes back by
itself and stands in nobody's way. What was decided is stored first and told to the wallet after it
(`shared.protection.carrying`), so that an action is never taken without its record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from jobs.harm_store import (
    DAYS_READ,
    Standing,
    days_of,
    events_of,
    has_moved,
    look_later,
    players_ahead,
    players_due,
    players_with_failed_deposits,
    standings_of,
    store_visit,
)
from jobs.harm_visit import evaluate, offset_of, policy_of, reactions_of
from jobs.ports import Ports
from jobs.records import text
from jobs.runs import Outcome
from shared.kernel.failures import anonymous_trace
from shared.kernel.times import MINUTE_MS, local_day
from shared.platform.ports import SqlConstraintError
from shared.protection.carrying import PENDING, carry
from shared.protection.fold import fold
from shared.protection.model import Day, PlayEvent
from shared.protection.state import encoded_day

JOB: Final = "markers_of_harm"

PLAYERS_PER_TICK: Final = 200
PLAYERS_PER_SLICE: Final = 25
ORDERS_PER_TICK: Final = 50
TICK_BUDGET_MS: Final = MINUTE_MS
OVERLAP_MS: Final = 15 * MINUTE_MS
FAILED_AGAIN_MS: Final = 30 * MINUTE_MS
DEPOSITS_LOOK_BACK_MS: Final = 25 * MINUTE_MS
"""A charge becomes `expired` ten minutes after its end, by the sweep of some tick after that."""

_CURSOR: Final = """
SELECT outcome ->> 'cursor' AS cursor FROM job_runs
WHERE job = ? AND outcome ->> 'cursor' IS NOT NULL ORDER BY slot DESC LIMIT 1
"""
_OVERDUE: Final = """
SELECT count(*) AS open, coalesce(sum(due_at < ?), 0) AS late FROM protection_tasks
WHERE closed_at IS NULL
"""


@dataclass(slots=True)
class _Counts:
    """What a tick did; its log line."""

    visited: int = 0
    events: int = 0
    planned: int = 0
    failed: int = 0
    first_failure: str | None = None
    levels: dict[str, int] = field(default_factory=dict)


async def markers_of_harm(ports: Ports) -> Outcome:
    """Visit a bounded number of players, then have pending interventions carried out."""
    now_ms = ports.clock.now_ms()
    players, cursor = await _players(ports, now_ms)
    counts = _Counts()
    for portion in batched(players, PLAYERS_PER_SLICE):
        if ports.clock.now_ms() - now_ms > TICK_BUDGET_MS:
            cursor = await _cursor(ports)
            break
        await _visit_slice(ports, list(portion), now_ms, counts)
    carried = await _carry(ports, counts)
    tasks = await ports.db.first(_OVERDUE, now_ms)
    assert tasks is not None
    return {
        "cursor": cursor,
        "visited": counts.visited,
        "events": counts.events,
        "planned": counts.planned,
        "failed": counts.failed,
        "first_failure": counts.first_failure,
        **{f"level_{level}": count for level, count in sorted(counts.levels.items())},
        **carried,
        "tasks_open": int(str(tasks["open"])),
        "tasks_late": int(str(tasks["late"])),
    }


async def _cursor(ports: Ports) -> str:
    last = await ports.db.first(_CURSOR, JOB)
    return text(last, "cursor") if last else "0"


async def _players(ports: Ports, now_ms: int) -> tuple[list[str], str]:
    """Whom this tick visits, each once, and from which arrival the next tick reads."""
    since_ms = int(await _cursor(ports))
    share = PLAYERS_PER_TICK // 2
    due = await players_due(ports.db, now_ms, share)
    failed_since_ms = since_ms - DEPOSITS_LOOK_BACK_MS if since_ms else now_ms
    failed = await players_with_failed_deposits(ports.db, failed_since_ms, now_ms, share)
    ahead = await players_ahead(ports.db, since_ms - OVERLAP_MS, share)
    cursor = ahead[-1][1] if len(ahead) == share else now_ms
    found = dict.fromkeys([*due, *failed, *(player_id for player_id, _ in ahead)])
    return list(found), str(max(since_ms, cursor))


async def _visit_slice(ports: Ports, players: list[str], now_ms: int, counts: _Counts) -> None:
    standings = await standings_of(ports.db, players, now_ms)
    since = {
        player_id: local_day(
            min(standing.state.last_at or now_ms, now_ms), offset_of(standing, now_ms)
        )
        - DAYS_READ
        for player_id, standing in standings.items()
    }
    days = await days_of(ports.db, since)
    behind = {
        player_id: standing.base_seq
        for player_id, standing in standings.items()
        if standing.head_seq > standing.base_seq
    }
    events = await events_of(ports.db, behind) if behind else {}
    for player_id, standing in standings.items():
        try:
            await _visit(
                ports, standing, days[player_id], events.get(player_id, []), now_ms, counts
            )
        except Exception as error:  # noqa: BLE001 - one player must not keep others from a visit
            if isinstance(error, SqlConstraintError) and await has_moved(ports.db, standing):
                continue  # another run counted these events meanwhile
            counts.failed += 1
            counts.first_failure = counts.first_failure or anonymous_trace(error)
            await look_later(ports.db, player_id, now_ms + FAILED_AGAIN_MS)


async def _visit(
    ports: Ports,
    standing: Standing,
    days: Mapping[int, Day],
    events: list[PlayEvent],
    now_ms: int,
    counts: _Counts,
) -> None:
    policy = policy_of(standing, now_ms)
    offset_ms = offset_of(standing, now_ms)
    folded = fold(standing.state, days, events, offset_ms, policy.thresholds)
    state = folded.state
    texts = [(day.day, encoded_day(day)) for day in folded.days]
    known = {**days, **{day.day: day for day in folded.days}}
    counts.events += len(events)
    look_at: int | None = now_ms
    if state.seq < standing.head_seq:  # the rest in the next tick
        statements = reactions_of(standing, folded.reactions)
    else:
        evaluation = evaluate(standing, state, known, folded.reactions, now_ms, ports.entropy)
        statements, look_at = list(evaluation.statements), evaluation.look_at
        counts.planned += evaluation.plan is not None
        counts.levels[evaluation.level] = counts.levels.get(evaluation.level, 0) + 1
    await store_visit(ports.db, standing, state.encoded(), state.seq, texts, look_at, statements)
    counts.visited += 1


async def _carry(ports: Ports, counts: _Counts) -> dict[str, int]:
    """Tell the wallets what waits; one that is not reached waits longer."""
    carried = {"carried_out": 0, "carry_pending": 0, "carry_refused": 0}
    names = {"carried_out": "carried_out", "pending": "carry_pending", "refused": "carry_refused"}
    for order in await ports.db.query(PENDING, ports.clock.now_ms(), ORDERS_PER_TICK):
        try:
            outcome = await carry(ports.db, ports.wallets, order, ports.clock.now_ms())
        except Exception as error:  # noqa: BLE001 - one order must not keep others waiting
            counts.failed += 1
            counts.first_failure = counts.first_failure or anonymous_trace(error)
            continue
        carried[names[outcome]] += 1
    return carried
