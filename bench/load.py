"""The load generator: one thread, raw sockets, the same loop for every contender.

Closed loop: `in_flight` requests are under way at any time, on channels taken in turn. Paced: the
next request is due every `1 / rate` seconds whatever became of the ones before, and its latency
counts from when it was due, so that a server that stalls does not look fast. The generator costs
some 50 µs a request; its CPU is not counted, but it shares the cores with what it loads, the same
for all.
"""

import gc
import select
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.wire import Channel, UnexpectedAnswer

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered: latencies in milliseconds, ascending, and the time it took."""

    latencies_ms: list[float]
    elapsed_s: float

    @property
    def answered(self) -> int:
        return len(self.latencies_ms)

    @property
    def per_second(self) -> float:
        return self.answered / self.elapsed_s

    def percentile_ms(self, percent: float) -> float:
        """The least latency that `percent` of all requests do not exceed."""
        rank = -(-len(self.latencies_ms) * percent // 100)
        return self.latencies_ms[max(int(rank) - 1, 0)]


def run_load(
    channels: Sequence[Channel], *, in_flight: int, seconds: float, rate: float | None = None
) -> Load:
    """Load for `seconds`, then wait for what is under way.

    Raises:
        UnexpectedAnswer: for any answer that is not an accepted bet, or none in 30 seconds.
    """
    gc.collect()
    gc.disable()
    try:
        return _run(channels, in_flight, seconds, rate)
    finally:
        gc.enable()


def _run(channels: Sequence[Channel], in_flight: int, seconds: float, rate: float | None) -> Load:
    clock = time.perf_counter
    idle = deque(channels)
    due_at: dict[Channel, float] = {}
    latencies: list[float] = []
    started = clock()
    end, sent = started + seconds, 0
    last_at = started
    while True:
        now = clock()
        while idle and len(due_at) < in_flight and now < end:
            due = clock() if rate is None else started + sent / rate
            if rate is not None and due > now:
                break
            channel = idle.popleft()
            due_at[channel] = due
            channel.send()
            sent += 1
        if not due_at and now >= end:
            break
        patience = PATIENCE_S
        if rate is not None and idle and len(due_at) < in_flight and now < end:
            patience = max(started + sent / rate - now, 0.0)
        ready = select.select(list(due_at), [], [], patience)[0]
        if not ready and patience == PATIENCE_S:
            raise UnexpectedAnswer(f"no answer in {PATIENCE_S:.0f} seconds")
        for channel in ready:
            if channel.receive():
                last_at = clock()
                latencies.append((last_at - due_at.pop(channel)) * 1000)
                idle.append(channel)
    return Load(sorted(latencies), last_at - started)
