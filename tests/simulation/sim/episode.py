"""An episode: a history drawn and played to its end, or played again from what was drawn.

The end of an episode is a time without faults: outboxes are emptied, the projection catches up, and
the laws that need everything at once are checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from simulation.sim.actors import ACTORS
from simulation.sim.broken import LawBroken
from simulation.sim.calendar import DAY_MS, day_of, start_of
from simulation.sim.chance import generator_of
from simulation.sim.laws import check_told, check_wallet
from simulation.sim.operation import Operation
from simulation.sim.player_actors import plays
from simulation.sim.setting import Setting
from simulation.sim.world import World

_WEIGHTS: Final = [weight for weight, _ in ACTORS]
_PLAYS_ON: Final = 0.5
"""Rounds come in rows: after one the same player plays the next as often as not."""
_FAULTS: Final = ("", "request", "answer", "storage", "twice", "evicted", "alarm")
_FAULT_WEIGHTS: Final = (800, 25, 50, 50, 35, 30, 10)
_ALARM_FAULTS: Final = ("", "storage", "alarm", "refused", "taken")
_ALARM_FAULT_WEIGHTS: Final = (70, 8, 4, 9, 9)
_FAULTY: Final = frozenset({"command", "retry", "conflict", "notice"})
_LONGEST_STATEMENT_RUN: Final = 16


@dataclass(frozen=True, slots=True)
class Failure:
    """A law that did not hold, after the last of `operations`."""

    setting: Setting
    law: str
    seen: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What an episode amounted to. `failure` is None when every law held."""

    operations: int
    commands: int
    events: int
    projected: int
    failure: Failure | None = None


def play(setting: Setting) -> Played:
    """Draw and play the history of an episode."""
    chance = generator_of(setting.seed, setting.episode)
    history: list[Operation] = []
    world = World(setting)
    try:
        world.begin()
        while len(history) < setting.steps:
            operation = _drawn(world, chance, len(history))
            if operation is not None:
                history.append(operation)
                world.execute(operation)
        finish(world)
    except LawBroken as broken:
        failure = Failure(setting, broken.law, broken.seen, tuple(history))
        return replace(_played(world, len(history)), failure=failure)
    return _played(world, len(history))


def play_again(setting: Setting, operations: Sequence[Operation]) -> Failure | None:
    """Play a history, or a part of one; what it ends with, if it is not well."""
    done: list[Operation] = []
    try:
        world = World(setting)
        world.begin()
        for operation in operations:
            done.append(operation)
            world.execute(operation)
        finish(world)
    except LawBroken as broken:
        return Failure(setting, broken.law, broken.seen, tuple(done))
    return None


def finish(world: World) -> None:
    """Faults stop, everything that waits is delivered, and every law is checked."""
    number = world.setting.steps + 1
    for wallet in world.wallets:
        wallet.entropy.begin(number)
        wallet.evict()
    if world.projection is not None:
        world.projection.settle(number)
    else:
        for wallet in world.wallets:
            wallet.fire_alarm()
            check_told(wallet, (message.text for message in world.queue.waiting))
    for wallet in world.wallets:
        check_wallet(wallet)


def _drawn(world: World, chance: Random, number: int) -> Operation | None:
    wallet = chance.randrange(len(world.wallets)) if len(world.wallets) > 1 else 0
    actor = chance.choices(ACTORS, _WEIGHTS)[0][1]
    if world.last_played == wallet and chance.random() < _PLAYS_ON:
        actor = plays
    step = actor(world, chance, wallet, number)
    if step is None:
        return None
    kind, args = step
    fault = None
    if kind in _FAULTY:
        fault = _fault(chance, _FAULTS, _FAULT_WEIGHTS)
    elif kind == "alarm":
        fault = _fault(chance, _ALARM_FAULTS, _ALARM_FAULT_WEIGHTS)
    return Operation(number, kind, wallet, _wait_ms(world, chance), args, fault)


def _fault(chance: Random, names: Sequence[str], weights: Sequence[int]) -> tuple[str, int] | None:
    name = chance.choices(names, weights)[0]
    if not name:
        return None
    return name, chance.randint(1, _LONGEST_STATEMENT_RUN) if name == "storage" else 0


def _wait_ms(world: World, chance: Random) -> int:
    drawn = chance.random()
    if drawn < 0.5:
        return chance.randrange(400)
    if drawn < 0.93:
        return chance.randrange(5_000)
    if drawn < 0.985:
        return chance.randrange(600_000)
    if drawn < 0.997:
        return chance.randrange(2 * 3_600_000)
    # To a few seconds before midnight.
    offset_ms = world.setting.day_offset_ms
    midnight = start_of(day_of(world.now_ms, offset_ms) + 1, offset_ms)
    return midnight - world.now_ms + chance.randrange(-5_000, DAY_MS // 9)


def _played(world: World, operations: int) -> Played:
    events = sum(wallet.log.seq for wallet in world.wallets)
    projected = world.projection.events if world.projection is not None else 0
    return Played(operations, world.commands, events, projected)
