"""The scenarios, and one measured run of one contender in one of them."""

import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bench.contender import Contender
from bench.load import Load, run_load
from bench.processes import busy_seconds, wait_until_quiet
from bench.wire import Channel

HTTP: Final = "HTTP"
WEBSOCKET: Final = "WebSocket"
SOCKETS_A_WALLET: Final = 4


@dataclass(frozen=True, slots=True)
class Scenario:
    """`in_flight` bets at a time over `wallets` wallets; `rate` a second, or as fast as it goes."""

    face: str
    in_flight: int
    wallets: int
    rate: float | None = None

    @property
    def name(self) -> str:
        wallets = "1 wallet" if self.wallets == 1 else f"{self.wallets} wallets"
        pace = "" if self.rate is None else f", {self.rate:.0f} bets/s"
        return f"{self.face}, {self.in_flight} at a time, {wallets}{pace}"

    @property
    def over_http(self) -> str:
        """The name of the scenario that asks the same of a contender without a WebSocket."""
        in_flight = 16 if self.in_flight == SOCKETS_A_WALLET else self.in_flight
        return replace(self, face=HTTP, in_flight=in_flight).name


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. CPU is of every process of the contender, until it was idle again."""

    contender: str
    scenario: str
    over_http: str
    repetition: int
    bets: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    cpu_ms_by_program: dict[str, float]
    others_cores: float
    """Cores that neither the contender nor the load generator used: what else the machine did."""
    load_average: float


def closed_scenarios(wallets: int) -> list[Scenario]:
    """As fast as it goes: 1 and 16 at a time, one wallet and many, both faces. One wallet may have
    four sockets, so there four at a time is the most.
    """
    http = [(1, 1), (16, 1), (1, wallets), (16, wallets)]
    sockets = [(1, 1), (SOCKETS_A_WALLET, 1), (1, wallets), (16, wallets)]
    return [
        *(Scenario(HTTP, *shape) for shape in http),
        *(Scenario(WEBSOCKET, *shape) for shape in sockets),
    ]


def channels_of(contender: Contender, scenario: Scenario) -> list[Channel]:
    """The connections of a scenario: over HTTP any of them carries any wallet, a socket one."""
    if scenario.face == HTTP:
        return contender.http_channels(scenario.in_flight, scenario.wallets)
    sockets_each = scenario.in_flight if scenario.wallets == 1 else 1
    return contender.websocket_channels(scenario.wallets, sockets_each)


def warm_up(contender: Contender, scenario: Scenario, seconds: float) -> Load:
    """Load that is not counted: caches fill, code is compiled, connections are made."""
    channels = channels_of(contender, scenario)
    try:
        return run_load(channels, in_flight=scenario.in_flight, seconds=seconds)
    finally:
        _close(channels)


def measure(contender: Contender, scenario: Scenario, repetition: int, seconds: float) -> Run:
    """One run from a quiet contender to a quiet contender."""
    load_average = os.getloadavg()[0]
    channels = channels_of(contender, scenario)
    before, busy, own, started = contender.cpu(), busy_seconds(), _own_cpu_s(), time.monotonic()
    try:
        load = run_load(channels, in_flight=scenario.in_flight, seconds=seconds, rate=scenario.rate)
    finally:
        _close(channels)
    wait_until_quiet(lambda: sum(contender.cpu().values()), quiet_s=contender.settle_quiet_s)
    spent = _difference(before, contender.cpu())
    elapsed = time.monotonic() - started
    others = busy_seconds() - busy - (_own_cpu_s() - own) - sum(spent.values())
    return Run(
        contender=contender.name,
        scenario=scenario.name,
        over_http=scenario.over_http,
        repetition=repetition,
        bets=load.answered,
        per_second=load.per_second,
        p50_ms=load.percentile_ms(50),
        p99_ms=load.percentile_ms(99),
        cpu_ms=sum(spent.values()) * 1000 / load.answered,
        cpu_ms_by_program={name: s * 1000 / load.answered for name, s in spent.items()},
        others_cores=max(others, 0.0) / elapsed,
        load_average=load_average,
    )


def _difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _close(channels: Sequence[Channel]) -> None:
    for channel in channels:
        channel.close()
