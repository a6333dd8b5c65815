"""The simulator bites: each seeded defect breaks a law soon, in a history that shrinks to little.

A seed is fixed, so that these tests say the same every time; that the same histories are clean
without the defect is the first of them.
"""

import sys

import pytest
from simulation.mutants import MUTANTS, Mutant
from simulation.sim.episode import Played, play, play_again
from simulation.sim.setting import setting_of
from simulation.sim.shrink import shrink

SEED = 20_261_122
EPISODES = 40
MOST_OPERATIONS = 30_000
"""All of the episodes below; most defects are found within the first thousand operations."""

TRIES = 150
"""Histories played to shorten one: enough to leave out most of it."""


def first_failure(*, projects: bool) -> tuple[Played, int]:
    """The first failing episode, and the operations played until it failed."""
    operations = 0
    for episode in range(EPISODES):
        played = play(setting_of(SEED, episode, projects=projects))
        operations += played.operations
        if played.failure is not None:
            return played, operations
    raise AssertionError(f"no law broke in {operations} operations")


@pytest.mark.parametrize("projects", [False, True])
def test_sound_code_breaks_no_law(projects: bool) -> None:
    for episode in range(4):
        assert play(setting_of(SEED, episode, projects=projects)).failure is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_defect_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.patch(monkeypatch)
    played, operations = first_failure(projects=mutant.projects)
    assert played.failure is not None
    assert played.failure.law in mutant.laws
    assert operations <= MOST_OPERATIONS
    smallest = shrink(played.failure, most_tries=TRIES)
    assert smallest.law == played.failure.law
    assert len(smallest.operations) <= max(1, len(played.failure.operations) // 2)
    again = play_again(smallest.setting, smallest.operations)
    assert again is not None
    assert again.seen == smallest.seen
    core = len(smallest.operations)
    sys.stdout.write(
        f"{mutant.name}: {smallest.law} after {operations} operations, {core} are enough\n"
    )
