"""Stamps: what makes a step due, and that an interrupted one is never taken for done."""

from pathlib import Path

import pytest

from localedge.files import replace_file, replace_folder
from localedge.stamps import Stamps, digest
from localedge.steps import Checkout, Step, run_due


class Recorder:
    """Steps that write down that they ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran: list[str] = []
        self.fail = ""

    def step(self, name: str, source: Path, after: tuple[str, ...] = ()) -> Step:
        def act() -> None:
            self.ran.append(name)
            if name == self.fail:
                raise KeyboardInterrupt
            (self.folder / name).write_text("made", encoding="utf-8")

        return Step(name, name, [source], [self.folder / name], act, after)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("one", encoding="utf-8")
    return path


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / "stamps")


def test_a_second_run_does_nothing(tmp_path: Path, source: Path, stamps: Stamps) -> None:
    recorder = Recorder(tmp_path)
    steps = [recorder.step("first", source), recorder.step("second", source)]
    assert run_due(steps, stamps) == 2
    assert run_due(steps, stamps) == 0
    assert recorder.ran == ["first", "second"]


def test_a_changed_input_makes_a_step_due(tmp_path: Path, source: Path, stamps: Stamps) -> None:
    recorder = Recorder(tmp_path)
    run_due([recorder.step("first", source)], stamps)
    source.write_text("two", encoding="utf-8")
    assert run_due([recorder.step("first", source)], stamps) == 1


def test_a_lost_output_makes_a_step_due(tmp_path: Path, source: Path, stamps: Stamps) -> None:
    recorder = Recorder(tmp_path)
    run_due([recorder.step("first", source)], stamps)
    (tmp_path / "first").unlink()
    assert run_due([recorder.step("first", source)], stamps) == 1


def test_what_comes_after_a_step_that_ran_is_due_too(
    tmp_path: Path, source: Path, stamps: Stamps
) -> None:
    recorder = Recorder(tmp_path)
    constant = tmp_path / "constant"
    constant.write_text("", encoding="utf-8")
    steps = [recorder.step("first", source), recorder.step("second", constant, ("first",))]
    run_due(steps, stamps)
    source.write_text("two", encoding="utf-8")
    assert run_due(steps, stamps) == 2


def test_an_interrupted_step_runs_again_and_finished_ones_do_not(
    tmp_path: Path, source: Path, stamps: Stamps
) -> None:
    recorder = Recorder(tmp_path)
    steps = [recorder.step("first", source), recorder.step("second", source)]
    run_due(steps, stamps)
    source.write_text("two", encoding="utf-8")
    recorder.fail = "second"
    with pytest.raises(KeyboardInterrupt):
        run_due(steps, stamps)
    recorder.fail = ""
    recorder.ran.clear()
    run_due(steps, stamps)
    assert recorder.ran == ["second"]


def test_a_digest_sees_content_names_and_absence(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "__pycache__").mkdir(parents=True)
    seen = {digest([folder])}
    (folder / "__pycache__" / "a.pyc").write_bytes(b"x")
    seen.add(digest([folder]))
    assert len(seen) == 1, "bytecode is no input"
    (folder / "a").write_text("1", encoding="utf-8")
    seen.add(digest([folder]))
    (folder / "a").write_text("2", encoding="utf-8")
    seen.add(digest([folder]))
    (folder / "a").rename(folder / "b")
    seen.add(digest([folder]))
    seen.add(digest([folder, tmp_path / "missing"]))
    assert len(seen) == 5


def test_texts_do_not_run_into_each_other() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_a_file_that_could_not_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    replace_file(target, b"old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        replace_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    target, built = tmp_path / "target", tmp_path / "built"
    for folder, name in ((target, "old"), (built, "new")):
        folder.mkdir()
        (folder / name).touch()
    replace_folder(target, built)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "target",
        "target/new",
    ]


def test_the_steps_of_a_checkout_name_their_predecessors_before_them(tmp_path: Path) -> None:
    earlier: set[str] = set()
    for step in Checkout(tmp_path).steps():
        assert set(step.after) <= earlier, step.name
        earlier.add(step.name)
