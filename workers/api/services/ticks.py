"""The api Worker's jobs of every five minutes: the ones that need its secrets and keys.

One that fails is logged, keeps none of the others from running, and makes the whole tick fail in
the end, so that the platform shows it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services import (
    data_exports,
    key_rotation,
    kyc_sweep,
    offboarding,
    payout_desk,
    register_sweep,
    retention_sweep,
)
from services.container import House
from shared.kernel.canonical import canonical_json
from shared.kernel.failures import anonymous_trace

type Outcome = Mapping[str, int | str]
type Job = Callable[[House, int], Awaitable[Outcome]]

JOBS: Final[tuple[tuple[str, Job], ...]] = (
    (kyc_sweep.JOB, kyc_sweep.sweep),
    (key_rotation.JOB, key_rotation.rotate),
    (register_sweep.JOB, register_sweep.sweep),
    (offboarding.JOB, offboarding.follow),
    (retention_sweep.JOB, retention_sweep.keep_and_delete),
    (data_exports.JOB, data_exports.advance_exports),
)
"""Beside the payments desk, which keeps its own record."""

_RAN: Final = """
INSERT INTO job_runs (job, slot, started_at, finished_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (job, slot) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome
"""


class JobsFailedError(Exception):
    """At least one job of a tick failed; the log says which."""


async def tick_all(house: House, slot: int) -> None:
    """Run every job of the tick that was scheduled for `slot`.

    Raises:
        JobsFailedError: when all have run and one of them failed.
    """
    failed = [name for name, job in JOBS if not await _recorded(house, slot, name, job)]
    try:
        await payout_desk.tick(house, slot)
    except Exception as failure:  # noqa: BLE001 - told with the others
        _tell(house, slot, payout_desk.JOB, {"failed": anonymous_trace(failure)})
        failed.append(payout_desk.JOB)
    if failed:
        raise JobsFailedError(", ".join(failed))


async def _recorded(house: House, slot: int, name: str, job: Job) -> bool:
    started_at = house.clock.now_ms()
    try:
        outcome = await job(house, slot)
        ended_at = house.clock.now_ms()
        text = canonical_json(dict(outcome))
        await house.db.execute(_RAN, name, slot, started_at, ended_at, text)
    except Exception as failure:  # noqa: BLE001 - logged, and the next job has its turn
        _tell(house, slot, name, {"failed": anonymous_trace(failure)})
        return False
    _tell(house, slot, name, {"took_ms": ended_at - started_at, **outcome})
    return True


def _tell(house: House, slot: int, name: str, outcome: Outcome) -> None:
    house.log({"event": "job", "job": name, "slot": slot, **outcome})
