"""The Worker without a URL: it projects what wallets report, watches it, sweeps up what is missing,
and keeps the proofs: reconciliation, daily anchors, archive.

The classes of the platform end here. A batch and a tick become plain values and ports, and the
jobs decide; each leaves one structured line, without personal data, in the log.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Final

from jobs import (
    anchors,
    archive,
    books,
    conservation,
    dead_letters,
    markers_of_harm,
    rebuild,
    sweep,
    velocity_scan,
    wallet_proofs,
)
from jobs.ports import Ports
from jobs.projection import project
from jobs.runs import Outcome, alone, run_once

from shared.kernel.failures import anonymous_trace
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.env import database, object_store, wallets
from shared.platform.workerd.foreign import Foreign
from shared.platform.workerd.log import log_line
from shared.platform.workerd.queue import queue_name, received
from shared.platform.workerd.worker import Request, Response, WorkerEntrypoint

type Job = Callable[[Ports, int], Awaitable[Outcome | None]]
"""A job of the time for which its tick was scheduled, in UTC milliseconds."""


def _whenever(
    job: Callable[[Ports], Awaitable[Outcome]],
) -> Callable[[Ports, int], Awaitable[Outcome]]:
    """A job that does not ask what time it is scheduled for."""

    async def run(ports: Ports, _slot: int) -> Outcome:
        return await job(ports)

    return run


def _alone(name: str, job: Callable[[Ports, int], Awaitable[Outcome]]) -> Job:
    """A job that never overlaps another slot's run of itself."""

    async def run(ports: Ports, slot: int) -> Outcome | None:
        return await alone(ports, name, partial(job, ports, slot))

    return run


EVERY_TICK: Final[tuple[tuple[str, Job], ...]] = (
    (dead_letters.JOB, _whenever(dead_letters.replay)),
    (sweep.JOB, _whenever(sweep.sweep)),
    (velocity_scan.JOB, _whenever(velocity_scan.velocity_scan)),
    (conservation.JOB, _whenever(conservation.reconcile)),
    (
        markers_of_harm.JOB,
        _alone(markers_of_harm.JOB, _whenever(markers_of_harm.markers_of_harm)),
    ),
    (anchors.JOB, _alone(anchors.JOB, anchors.advance)),
    (archive.JOB, _alone(archive.JOB, archive.archive)),
    (books.JOB, _alone(books.JOB, books.close_books)),
    (wallet_proofs.JOB, _alone(wallet_proofs.JOB, _whenever(wallet_proofs.prove_wallets))),
    (rebuild.JOB, _alone(rebuild.JOB, _whenever(rebuild.rebuild))),
)
"""First what brings events in: they are scanned and reconciled in the same tick."""

AFTER_MIDNIGHT: Final[tuple[tuple[str, Job], ...]] = (
    (f"{anchors.JOB}.nightly", _alone(anchors.JOB, anchors.begin_and_advance)),
)

JOBS: Final[dict[str, tuple[tuple[str, Job], ...]]] = {
    "*/5 * * * *": EVERY_TICK,
    "10 3 * * *": AFTER_MIDNIGHT,
}
"""By the expressions of `wrangler.toml`; 03:10 UTC is 00:10 in São Paulo."""


class JobsFailedError(Exception):
    """At least one job of a tick failed; the log says which, and the platform shows the tick as
    failed.
    """


class Default(WorkerEntrypoint):
    """Consumer of the wallets' events, and the five-minute tick."""

    async def fetch(self, _request: Request) -> Response:
        """Nothing is served here."""
        return Response("Not found", status=404)

    async def queue(self, batch: Foreign, *_platform: Foreign) -> None:
        """One batch of wallet events, or of those that the queue gave up."""
        if queue_name(batch) == dead_letters.QUEUE:
            kept = await dead_letters.keep_letters(received(batch), self._ports())
            log_line({"event": "dead_letters", "level": "error", **kept})
            return
        outcome = await project(received(batch), self._ports())
        log_line({"event": "projection.batch", **asdict(outcome)})

    async def scheduled(self, controller: Foreign, *_platform: Foreign) -> None:
        """One tick of one trigger. A job that fails does not keep the next from running."""
        ports = self._ports()
        slot = int(controller.scheduledTime)
        failed = []
        for name, job in JOBS[str(controller.cron)]:
            started_at = ports.clock.now_ms()
            try:
                outcome = await run_once(ports, name, slot, partial(_ran, job, ports, slot))
            except Exception as error:  # noqa: BLE001 - logged, and raised again once all have run
                outcome = {"failed": anonymous_trace(error)}
                failed.append(name)
            took_ms = ports.clock.now_ms() - started_at
            line = {"event": "job", "job": name, "slot": slot, "took_ms": took_ms}
            log_line({**line, **(outcome or {"skipped": "this slot is taken"})})
        if failed:
            raise JobsFailedError(", ".join(failed))

    def _ports(self) -> Ports:
        return Ports(
            db=database(self.env, "DB"),
            wallets=wallets(self.env, "WALLET"),
            clock=SystemClock(),
            entropy=SystemEntropy(),
            archive=object_store(self.env, "ARCHIVE"),
        )


async def _ran(job: Job, ports: Ports, slot: int) -> Outcome:
    return await job(ports, slot) or {"skipped": "another run is at it"}
