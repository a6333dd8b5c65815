"""Every five minutes: who moved money or played faster than the rules find ordinary.

The scan does not look at "the last minutes" but at the slices of time in which events arrived since
it last looked: the projection lists them in the transaction that stores the events, the scan takes
them off when the alerts are written, and a slice that received more events meanwhile stays on the
list. So an event that reaches D1 hours late, after an outage of the queue or of this Worker, is
judged within its own windows, and a tick that dies, overlaps or is lost only delays the finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.alerts import raise_alerts
from jobs.ports import Ports
from jobs.projection_store import SLICE_JOB, SLICE_MS
from jobs.records import integer, text
from jobs.runs import Outcome
from jobs.wallet_facts import alerts_of_facts, close_released
from shared.kernel.canonical import canonical_json
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import Database, Statement
from shared.risk.model import Alert, Bucket, VelocityRule
from shared.risk.rules import RULES, reads_from_ms, scan

JOB: Final = "velocity_scan"

SLICES_PER_ROUND: Final = 12
ROUNDS_PER_TICK: Final = 20
TICK_BUDGET_MS: Final = MINUTE_MS
"""A tick takes at most twenty hours of event time and ends its rounds after a minute; the rest of a
backlog waits for the next one."""

_WAITING: Final = """
SELECT slot, outcome FROM job_runs
WHERE job = ?1 AND slot NOT IN (SELECT value FROM json_each(?2))
ORDER BY slot {order} LIMIT CAST(?3 AS INTEGER)
"""

_KINDS: Final = """
SELECT DISTINCT s.value AS slice, e.type, e.currency
FROM json_each(?1) AS s
JOIN wallet_events AS e
  ON e.recorded_at >= s.value AND e.recorded_at < s.value + CAST(?2 AS INTEGER)
WHERE e.type IN (SELECT value FROM json_each(?3))
"""

# The type is a literal, since SQLite proves the use of a partial index by literals only. What
# leaves the database is the steps of players who reach the lowest threshold, not everybody's play.
_BUCKETS: Final = """
WITH steps AS (
  SELECT player_id, currency, count(*) AS events, sum(amount_minor) AS amount_minor,
         recorded_at / {step_ms} * {step_ms} AS started_at
  FROM wallet_events
  WHERE type = '{event_type}' AND recorded_at >= ?1 AND recorded_at < ?2
    AND (?3 IS NULL OR currency = ?3)
  GROUP BY player_id, currency, started_at
), windows AS (
  SELECT player_id, started_at, sum({measure}) OVER (
    PARTITION BY player_id ORDER BY started_at
    RANGE BETWEEN {reach_ms} PRECEDING AND CURRENT ROW) AS total
  FROM steps
)
SELECT player_id, currency, started_at, events, amount_minor FROM steps
WHERE player_id IN (SELECT player_id FROM windows
                    WHERE total >= {lowest_threshold} AND started_at >= ?4)
"""

_TAKE_OFF: Final = "DELETE FROM job_runs WHERE job = ? AND slot = ? AND outcome = ?"

type Slices = Mapping[int, str]
"""Start of a slice → the arrival that listed it last."""

type _Kinds = Mapping[int, set[tuple[str, str]]]
"""Start of a slice → the types and currencies of its events."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slices near enough to share windows of a rule: their events may change windows that end in
    [`since_ms`, `until_ms`).
    """

    since_ms: int
    until_ms: int


async def velocity_scan(ports: Ports, rules: Sequence[VelocityRule] = RULES) -> Outcome:
    """Judge the slices that wait, newest and oldest first, and write the alerts."""
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    seen: set[int] = set()
    written = closed = 0
    for _ in range(ROUNDS_PER_TICK):
        slices = await _waiting(ports.db, seen)
        if not slices or ports.clock.now_ms() > deadline_ms:
            break
        seen.update(slices)
        alerts = await _judge(ports, slices, rules) + await alerts_of_facts(ports.db, slices)
        written += await raise_alerts(ports, alerts)
        closed += await close_released(ports, slices)
        await ports.db.batch(
            [Statement(_TAKE_OFF, (SLICE_JOB, slot, arrival)) for slot, arrival in slices.items()]
        )
    return {"slices": len(seen), "alerts_written": written, "alerts_closed": closed}


async def _waiting(db: Database, seen: Iterable[int]) -> Slices:
    """Half from each end: neither does a backlog hide the present, nor the present the backlog."""
    known = canonical_json(sorted(seen))
    slices: dict[int, str] = {}
    for order in ("DESC", "ASC"):
        statement = _WAITING.format(order=order)
        for record in await db.query(statement, SLICE_JOB, known, SLICES_PER_ROUND // 2):
            slices[integer(record, "slot")] = text(record, "outcome")
    return slices


async def _judge(ports: Ports, slices: Slices, rules: Sequence[VelocityRule]) -> list[Alert]:
    kinds = await _kinds(ports.db, slices, {rule.event_type for rule in rules})
    alerts: list[Alert] = []
    for rule in rules:
        starts = [start for start in sorted(slices) if _concerns(rule, kinds.get(start, set()))]
        for stretch in stretches(rule, starts):
            buckets = await _buckets(ports.db, rule, stretch)
            alerts += scan(rule, stretch.since_ms, buckets)
    return alerts


def stretches(rule: VelocityRule, starts: Iterable[int]) -> list[Stretch]:
    """The slices that begin at `starts` (ascending), joined where windows of the rule overlap.

    An event changes the windows that hold it; the last of them ends less than a window later.
    """
    joined: list[Stretch] = []
    for start in starts:
        until_ms = start + SLICE_MS + rule.window_ms
        if joined and start <= joined[-1].until_ms:
            joined[-1] = Stretch(joined[-1].since_ms, until_ms)
        else:
            joined.append(Stretch(start, until_ms))
    return joined


def _concerns(rule: VelocityRule, kinds: Iterable[tuple[str, str]]) -> bool:
    return any(
        event_type == rule.event_type and rule.currency in (None, currency)
        for event_type, currency in kinds
    )


async def _kinds(db: Database, slices: Slices, event_types: Iterable[str]) -> _Kinds:
    kinds: dict[int, set[tuple[str, str]]] = {}
    for record in await db.query(
        _KINDS, canonical_json(sorted(slices)), SLICE_MS, canonical_json(sorted(event_types))
    ):
        found = kinds.setdefault(integer(record, "slice"), set())
        found.add((text(record, "type"), text(record, "currency")))
    return kinds


async def _buckets(db: Database, rule: VelocityRule, stretch: Stretch) -> list[Bucket]:
    statement = _BUCKETS.format(
        event_type=rule.event_type,
        measure="events" if rule.measure == "count" else "amount_minor",
        step_ms=rule.step_ms,
        reach_ms=rule.window_ms - rule.step_ms,
        lowest_threshold=rule.thresholds[0],
    )
    reads_from = reads_from_ms(rule, stretch.since_ms)
    slot_start = reads_from + rule.window_ms - rule.step_ms
    records = await db.query(statement, reads_from, stretch.until_ms, rule.currency, slot_start)
    return [
        Bucket(
            player_id=text(record, "player_id"),
            currency=text(record, "currency"),
            started_at_ms=integer(record, "started_at"),
            count=integer(record, "events"),
            amount_minor=integer(record, "amount_minor"),
        )
        for record in records
    ]
