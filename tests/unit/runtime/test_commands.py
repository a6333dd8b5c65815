"""Programs of the set-up: an unreachable registry is told from a program that failed."""

import sys
from pathlib import Path

import pytest

from localedge.commands import failure, run
from localedge.errors import SetupError


@pytest.mark.parametrize(
    "output",
    [
        "npm error code ENOTFOUND",
        "npm error code EAI_AGAIN",
        "NewConnectionError: [Errno 101] Network is unreachable",
        "Temporary failure in name resolution",
        "ERROR: No matching distribution found for anyio==4.16.0",
        "error: Request failed: error sending request for url",
    ],
)
def test_an_unreachable_registry_is_named_with_the_way_out(output: str, tmp_path: Path) -> None:
    error = failure("npm packages", output, tmp_path / "npm.log")
    assert error.problem.startswith("npm packages: the package registry cannot be reached")
    assert "finished steps are kept" in error.remedy
    assert "npm_config_registry" in error.remedy


def test_another_failure_shows_the_end_of_the_output(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    script = "for i in range(99): print('line', i)\nraise SystemExit(3)"
    with pytest.raises(SetupError, match="line 98") as failed:
        run("a step", [sys.executable, "-c", script], log, tmp_path)
    assert "line 80\n" not in failed.value.problem
    assert str(log) in failed.value.remedy


def test_success_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run("a step", [sys.executable, "-c", "print('hello')"], tmp_path / "log", tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_missing_program_is_an_error_of_the_set_up(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be started"):
        run("a step", [tmp_path / "nothing"], tmp_path / "log", tmp_path)
