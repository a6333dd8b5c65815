"""Many episodes: as many operations as asked for, on as many processes as asked for.

Processes take episodes in portions; an episode needs nothing of any other, so what it plays depends
on the seed and its number alone. The first failure ends the campaign.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context

from simulation.sim.episode import Failure, Played, play
from simulation.sim.setting import setting_of

EPISODES_PER_TASK = 10


@dataclass(frozen=True, slots=True)
class Campaign:
    """Totals so far. `operations` are steps of actors; `commands` of them reached a wallet, with
    those that a notice or a network sent more than once.
    """

    seed: int
    episodes: int = 0
    operations: int = 0
    commands: int = 0
    events: int = 0
    projected: int = 0
    seconds: float = 0.0
    failure: Failure | None = None

    def plus(self, played: Played) -> "Campaign":
        return replace(
            self,
            episodes=self.episodes + 1,
            operations=self.operations + played.operations,
            commands=self.commands + played.commands,
            events=self.events + played.events,
            projected=self.projected + played.projected,
            failure=self.failure or played.failure,
        )


def play_episodes(seed: int, first: int, count: int) -> list[Played]:
    """Play consecutive episodes; the list ends with the first that fails."""
    done = []
    for episode in range(first, first + count):
        done.append(play(setting_of(seed, episode)))
        if done[-1].failure is not None:
            break
    return done


def run_campaign(
    seed: int,
    operations: int,
    *,
    processes: int,
    progress: Callable[[Campaign], object] = lambda _: None,
) -> Campaign:
    """Play episodes until `operations` are played or a law is broken."""
    started = time.monotonic()
    total = Campaign(seed)
    for played in _played(seed, processes):
        for one in played:
            total = total.plus(one)
        total = replace(total, seconds=time.monotonic() - started)
        progress(total)
        if total.failure is not None or total.operations >= operations:
            break
    return total


def _played(seed: int, processes: int) -> Iterator[list[Played]]:
    tasks = itertools.count(0, EPISODES_PER_TASK)
    if processes == 1:
        yield from (play_episodes(seed, first, EPISODES_PER_TASK) for first in tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running = {
            pool.submit(play_episodes, seed, next(tasks), EPISODES_PER_TASK)
            for _ in range(processes)
        }
        try:
            while True:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    running.add(pool.submit(play_episodes, seed, next(tasks), EPISODES_PER_TASK))
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
