"""Finding a Python: what an interpreter says of itself decides, names do not."""

import sys
from pathlib import Path

import pytest

from localedge.errors import SetupError
from localedge.interpreters import MINIMUM, ask, find, local_candidates


def no_uv() -> Path:
    raise SetupError("the package registry cannot be reached", "check the network")


def interpreter(path: Path, version: str) -> str:
    """A program that answers like a Python of that version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' {version} {path}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_this_interpreter_says_what_it_is() -> None:
    found = ask(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:3]


@pytest.mark.parametrize("program", ["/does/not/exist", "/bin/false", "/bin/echo"])
def test_what_is_no_python_is_passed_over(program: str) -> None:
    assert ask(program) is None


def test_the_first_new_enough_is_taken(tmp_path: Path) -> None:
    old = interpreter(tmp_path / "old", "3.11.9")
    good = interpreter(tmp_path / "good", "3.12.0")
    newer = interpreter(tmp_path / "newer", "3.14.1")
    assert find(no_uv, iter([old, "/does/not/exist", good, newer])).path == Path(good)


def test_version_3_9_is_older_than_3_12(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        find(no_uv, iter([interpreter(tmp_path / "old", "3.9.18")]))


def test_without_any_the_error_says_how_to_get_one() -> None:
    with pytest.raises(SetupError, match=r"No Python 3\.12 or newer") as refused:
        find(no_uv, iter([]))
    assert "make setup PYTHON=" in refused.value.remedy
    assert "registry cannot be reached" in refused.value.problem


def test_uv_is_asked_when_the_machine_has_none(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "fetched", "3.13.2")
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$2" = find ] && echo {python}\nexit 0\n', encoding="utf-8")
    uv.chmod(0o755)
    assert find(lambda: uv, iter([])).path == Path(python)


def test_pyenv_versions_are_looked_into_newest_first(tmp_path: Path) -> None:
    versions = tmp_path / ".pyenv" / "versions"
    for name in ("3.8.18", "3.12.1", "3.13.0", "3.9.1", "3.12.10", "pypy3.10"):
        (versions / name).mkdir(parents=True)
    found = [Path(name) for name in local_candidates({"PATH": ""}, tmp_path) if ".pyenv" in name]
    assert [path.parts[-3] for path in found if versions in path.parents] == [
        "3.13.0",
        "3.12.10",
        "3.12.1",
    ]


def test_a_named_python_is_asked_first(tmp_path: Path) -> None:
    assert next(local_candidates({"PYTHON": "/opt/python", "PATH": ""}, tmp_path)) == "/opt/python"


def test_the_minimum_is_what_the_project_declares() -> None:
    pyproject = Path(__file__).resolve().parents[3] / "pyproject.toml"
    assert f'requires-python = ">={".".join(map(str, MINIMUM))}"' in pyproject.read_text(
        encoding="utf-8"
    )
