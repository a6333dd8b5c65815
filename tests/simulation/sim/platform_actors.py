"""The platform under the wallets: objects, clocks, alarms, the queue's consumer and cron."""

from random import Random

from simulation.sim.acting import Step, command
from simulation.sim.world import World

# The platform


def evicts(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    return "evict", {}


def skews_the_clock(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    ms = chance.choice((0, 0, -1, chance.randint(-2_000, 2_000), chance.randint(-90_000, 90_000)))
    return "skew", {"ms": ms}


def advances_the_clock(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"advance_ms": chance.choice((1, 60_000, 3_600_000))}
    return command("clock_advance", number, "", payload, key="")


def fires_the_alarm(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    how = chance.choices(("due", "twice", "unset", "lost"), (90, 4, 3, 3))[0]
    return "alarm", {"how": how}


def configures(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    version = chance.choice(([1, 1], [1, 1], [2, 1], [1, 0]))
    return "configure", {"game": chance.choice(("dice", "plain")), "version": version}


def consumes(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if world.projection is None or not world.queue.waiting:
        return None
    consumers = 1 if chance.random() < 0.7 else 2
    return "consume", {"consumers": consumers, "faulty": chance.random() < 0.6}


def ticks(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if world.projection is None:
        return None
    firings, slots = chance.choice(((1, 1), (2, 1), (2, 2)))
    return "tick", {"firings": firings, "slots": slots, "faulty": chance.random() < 0.6}
