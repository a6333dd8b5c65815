"""From a history that fails to the shortest found that fails by the same law.

Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002):
parts are left out, larger ones first, as long as the rest still breaks the law; then faults and
waits that do not matter. Every try plays a whole history again, which is quick and exact because a
history is data.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from simulation.sim.episode import Failure, play_again
from simulation.sim.operation import Operation
from simulation.sim.setting import Setting

MOST_TRIES = 2_000

type Replay = Callable[[Setting, Sequence[Operation]], Failure | None]


class _Shrinking:
    def __init__(self, failure: Failure, replay: Replay, most_tries: int) -> None:
        self.best = failure
        self._replay = replay
        self._tries_left = most_tries

    def fails(self, operations: Sequence[Operation]) -> bool:
        """Whether this history breaks the same law; if so it is the best one now."""
        if self._tries_left == 0:
            return False
        self._tries_left -= 1
        found = self._replay(self.best.setting, operations)
        if found is None or found.law != self.best.law:
            return False
        self.best = found
        return True

    def leave_out(self) -> None:
        """Parts of half the history, then of a quarter … down to single operations; each size from
        the end to the beginning, because what a failure needs is rarely its past.
        """
        size = len(self.best.operations) // 2
        while size:
            end = len(self.best.operations)
            while end > 0:
                operations = self.best.operations
                self.fails((*operations[: max(0, end - size)], *operations[end:]))
                end -= size
            size //= 2

    def calm(self) -> None:
        """Without faults and waits that are not needed."""
        for place in range(len(self.best.operations)):
            for what in ("fault", "wait"):
                operations = list(self.best.operations)
                if place >= len(operations):
                    return
                known = operations[place]
                calmer = (
                    replace(known, fault=None) if what == "fault" else replace(known, wait_ms=0)
                )
                if calmer != operations[place]:
                    operations[place] = calmer
                    self.fails(operations)


def shrink(
    failure: Failure, replay: Replay = play_again, *, most_tries: int = MOST_TRIES
) -> Failure:
    """The shortest history found that breaks the same law; `failure` itself if it does not fail
    again, which would be a fault of the simulator.
    """
    shrinking = _Shrinking(failure, replay, most_tries)
    if shrinking.fails(failure.operations):
        shrinking.leave_out()
        shrinking.calm()
        shrinking.leave_out()
    return shrinking.best
