"""A job runs once per slot: the platform may fire a cron twice, late, or while the last tick still
runs.

The slot is the time for which the tick was scheduled. Who inserts the row of a slot runs it; a
second firing finds the row and leaves. A row without an end whose lease has passed belonged to a
tick that died: it is taken over. The rows stay: a missing tick is itself a finding, since an
outage of the monitoring has to be accounted for like what it would have monitored.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from jobs.ports import Ports
from shared.kernel.canonical import canonical_json
from shared.kernel.times import MINUTE_MS

LEASE_MS: Final = 15 * MINUTE_MS
"""The longest a cron handler may run (developers.cloudflare.com/workers/platform/limits)."""

type Outcome = Mapping[str, int | str | None]

_CLAIM: Final = """
INSERT INTO job_runs (job, slot, started_at) VALUES (?1, ?2, ?3)
ON CONFLICT (job, slot) DO UPDATE SET started_at = excluded.started_at
WHERE finished_at IS NULL AND started_at <= ?4
"""

_ENTER: Final = """
INSERT INTO job_runs (job, slot, started_at) VALUES (?1, 0, ?2)
ON CONFLICT (job, slot) DO UPDATE
SET started_at = excluded.started_at, finished_at = NULL, outcome = NULL
WHERE finished_at IS NOT NULL OR started_at <= ?3
"""

_FINISH: Final = """
UPDATE job_runs SET finished_at = ?, outcome = ? WHERE job = ? AND slot = ? AND started_at = ?
"""


async def run_once(
    ports: Ports, job: str, slot: int, body: Callable[[], Awaitable[Outcome]]
) -> Outcome | None:
    """Run `body` unless this slot of `job` is done or being done; None when it was left alone.

    An exception is recorded as the outcome, by its class, and passes on. The slot is then finished:
    what was not done waits in lists of work, not in the slot, and the next tick finds it there.
    """
    started_at = ports.clock.now_ms()
    claimed = await ports.db.execute(_CLAIM, job, slot, started_at, started_at - LEASE_MS)
    if not claimed:
        return None
    try:
        outcome = await body()
    except Exception as error:
        await _finish(ports, job, slot, started_at, {"failed": type(error).__name__})
        raise
    await _finish(ports, job, slot, started_at, outcome)
    return outcome


async def alone(ports: Ports, job: str, body: Callable[[], Awaitable[Outcome]]) -> Outcome | None:
    """Run `body` unless another slot's run of `job` is at it; None when it was left alone.

    For jobs that write one file after the other: two ticks that overlap would write the same one.
    The row of slot 0 is the lock, and a run that died loses it with its lease.
    """
    name = f"{job}.alone"
    started_at = ports.clock.now_ms()
    if not await ports.db.execute(_ENTER, name, started_at, started_at - LEASE_MS):
        return None
    try:
        outcome = await body()
    except Exception as error:
        await _finish(ports, name, 0, started_at, {"failed": type(error).__name__})
        raise
    await _finish(ports, name, 0, started_at, outcome)
    return outcome


async def _finish(ports: Ports, job: str, slot: int, started_at: int, outcome: Outcome) -> None:
    text = canonical_json(dict(outcome))
    await ports.db.execute(_FINISH, ports.clock.now_ms(), text, job, slot, started_at)
