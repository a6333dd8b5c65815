"""The Worker without a URL: it projects what wallets report, watches it, and sweeps up what is
missing.

The classes of the platform end here. A batch and a tick become plain values and ports, and the
jobs decide; each leaves one structured line, without personal data, in the log.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Final

from jobs import sweep, velocity_scan
from jobs.ports import Ports
from jobs.projection import project
from jobs.runs import Outcome, run_once

from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.env import database, wallets
from shared.platform.workerd.foreign import Foreign
from shared.platform.workerd.log import log_line
from shared.platform.workerd.queue import received
from shared.platform.workerd.worker import Request, Response, WorkerEntrypoint

type Job = Callable[[Ports], Awaitable[Outcome]]

EVERY_TICK: Final[tuple[tuple[str, Job], ...]] = (
    (sweep.JOB, sweep.sweep),
    (velocity_scan.JOB, velocity_scan.velocity_scan),
)
"""The sweep first: what it brings in is scanned in the same tick."""


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
        """One batch of wallet events; every message is acknowledged or retried by itself."""
        outcome = await project(received(batch), self._ports())
        log_line({"event": "projection.batch", **asdict(outcome)})

    async def scheduled(self, controller: Foreign, *_platform: Foreign) -> None:
        """One tick. A job that fails does not keep the next from running."""
        ports = self._ports()
        slot = int(controller.scheduledTime)
        failed = []
        for name, job in EVERY_TICK:
            started_at = ports.clock.now_ms()
            try:
                outcome = await run_once(ports, name, slot, partial(job, ports))
            except Exception as error:  # noqa: BLE001 - logged, and raised again once all have run
                outcome = {"failed": f"{type(error).__name__}: {error}"}
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
        )
