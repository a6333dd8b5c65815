"""Every law holds over histories that nobody wrote: 200,000 operations, other ones each time."""

import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from simulation.sim.campaign import run_campaign
from simulation.sim.episode import Failure, play, play_again
from simulation.sim.faults import SimulatedSql
from simulation.sim.operation import Operation
from simulation.sim.report import commit, describe, load, save
from simulation.sim.setting import Setting, setting_of
from simulation.sim.shrink import shrink

from shared.platform.ports import SqlError

OPERATIONS = 200_000
SETTING = setting_of(1, 0, projects=False)


@pytest.mark.slow
def test_every_law_holds_over_a_fresh_seed(capsys: pytest.CaptureFixture[str]) -> None:
    seed = secrets.randbelow(1 << 32)
    with capsys.disabled():
        sys.stdout.write(
            f"\nsimulation: seed {seed}, commit {commit()}, {OPERATIONS:,} operations\n"
        )
    total = run_campaign(seed, OPERATIONS, processes=min(2, os.cpu_count() or 1))
    if total.failure is not None:
        smallest = shrink(total.failure)
        saved = save(smallest)
        pytest.fail(f"{describe(smallest, len(total.failure.operations))}\n{saved}")
    assert total.operations >= OPERATIONS
    assert total.projected > 0


@pytest.mark.parametrize("projects", [False, True])
def test_an_episode_follows_from_its_seed_alone(projects: bool) -> None:
    setting = setting_of(7, 3, projects=projects)
    assert play(setting) == play(setting)
    assert play(setting) != play(replace(setting, seed=8))


def test_histories_hold_every_kind_of_operation_and_fault() -> None:
    """Drawn through the eyes of a world that fails at its very end, which gives its history."""
    kinds: set[str] = set()
    faults: set[str] = set()
    for episode in range(6):
        for operation in _history(setting_of(3, episode, projects=episode % 3 == 0)):
            kinds.add(operation.kind)
            faults.add(operation.fault[0] if operation.fault else "")
    assert kinds >= {"command", "retry", "conflict", "notice", "ask", "evict", "skew", "alarm"}
    assert kinds >= {"consume", "tick", "configure"}
    assert faults >= {"", "request", "answer", "storage", "twice", "evicted", "refused", "taken"}


def _history(setting: Setting) -> Sequence[Operation]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulation.sim.episode.finish", _break)
        failure = play(setting).failure
    assert failure is not None
    return failure.operations


def _break(_: object) -> None:
    from simulation.sim.broken import LawBroken  # noqa: PLC0415 - for this one refusal

    raise LawBroken("the end", "")


def test_a_history_is_saved_and_played_again_as_it_was(tmp_path: Path) -> None:
    failure = Failure(SETTING, "the end", "", tuple(_history(SETTING)))
    setting, operations = load(save(failure, tmp_path))
    assert setting == SETTING
    assert tuple(operations) == failure.operations
    assert play_again(setting, operations) is None


def test_a_history_without_some_of_its_operations_is_a_history() -> None:
    operations = _history(SETTING)
    for left_out in (2, 3, 5):
        rest = [o for o in operations if o.number % left_out]
        assert play_again(SETTING, rest) is None


def test_a_failing_history_shrinks_to_the_operations_that_matter() -> None:
    def needs_7_and_19(setting: Setting, operations: Sequence[Operation]) -> Failure | None:
        if {7, 19} <= {operation.number for operation in operations}:
            return Failure(setting, "law", "seen", tuple(operations))
        return None

    history = tuple(Operation(n, "evict", 0, 5, {}, ("answer", 0)) for n in range(40))
    smallest = shrink(Failure(SETTING, "law", "seen", history), needs_7_and_19)
    assert smallest.operations == (Operation(7, "evict", 0, 0), Operation(19, "evict", 0, 0))
    assert "2 steps are enough" in describe(smallest, 40)


def test_another_law_is_not_taken_for_the_one_that_is_shrunk() -> None:
    def breaks(setting: Setting, operations: Sequence[Operation]) -> Failure | None:
        law = "law" if len(operations) == 8 else "other"
        return Failure(setting, law, "seen", tuple(operations))

    history = tuple(Operation(n, "evict", 0, 0) for n in range(8))
    failure = Failure(SETTING, "law", "seen", history)
    assert shrink(failure, breaks).operations == history


def test_a_storage_fails_at_the_statement_or_commit_that_was_chosen() -> None:
    for nth in (1, 2, 3):
        sql = SimulatedSql()
        sql.execute("CREATE TABLE t (a INTEGER) STRICT")
        sql.fail_at(nth)

        def twice(sql: SimulatedSql = sql) -> None:
            sql.execute("INSERT INTO t VALUES (1)")
            sql.execute("INSERT INTO t VALUES (2)")

        with pytest.raises(SqlError):
            sql.transaction(twice)
        assert sql.has_failed
        assert sql.query("SELECT * FROM t") == []
