"""Finds a Python that the project can run on.

Invariant: an interpreter is taken only after it has said itself that it is new enough and can make
virtual environments; names and folders are guesses until then.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from localedge.errors import SetupError

MINIMUM = (3, 12)
_NEWEST_MINOR_TO_TRY = 20
_QUESTION = (
    "import ensurepip, sys, venv; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"
)


class Interpreter(NamedTuple):
    """An interpreter that answered: its real path and version."""

    path: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def find(fetch_uv: Callable[[], Path], candidates: Iterator[str] | None = None) -> Interpreter:
    """Returns the first interpreter of at least MINIMUM.

    `fetch_uv` is called when the machine has none: it installs uv from the package index and
    returns its path. Raises SetupError when uv cannot get one either.
    """
    for candidate in candidates if candidates is not None else local_candidates():
        found = ask(candidate)
        if found and found.version >= MINIMUM:
            return found
    try:
        return _through_uv(fetch_uv())
    except (SetupError, OSError, subprocess.SubprocessError) as error:
        reason = error.problem if isinstance(error, SetupError) else error
        wanted = ".".join(map(str, MINIMUM))
        raise SetupError(
            f"No Python {wanted} or newer was found (PATH, ~/.pyenv/versions, uv), and uv could not"
            f" fetch one: {reason}",
            f"Install Python {wanted} or newer with its venv module (Debian: apt install python3"
            " python3-venv; macOS: brew install python), or name one:"
            " make setup PYTHON=/path/to/python3",
        ) from error


def local_candidates(
    environment: dict[str, str] | None = None, home: Path | None = None
) -> Iterator[str]:
    """Names and paths worth asking, best guess first."""
    environment = dict(os.environ) if environment is None else environment
    if environment.get("PYTHON"):
        yield environment["PYTHON"]
    yield sys.executable
    yield "python3"
    for minor in range(_NEWEST_MINOR_TO_TRY, MINIMUM[1] - 1, -1):
        yield f"python3.{minor}"
    versions = (home or Path.home()) / ".pyenv" / "versions"
    for folder in sorted(versions.glob("3.*"), key=_version_of_name, reverse=True):
        if _version_of_name(folder) >= MINIMUM:
            yield str(folder / "bin" / "python3")
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv:
        found = subprocess.run(
            [uv, "python", "find", _uv_request()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if found.returncode == 0:
            yield found.stdout.decode().strip()


def ask(candidate: str) -> Interpreter | None:
    """What `candidate` says of itself; None when it does not run or cannot make virtual
    environments.
    """
    try:
        answer = subprocess.run(
            [candidate, "-I", "-c", _QUESTION],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=30,
        )
        version, path = answer.stdout.decode().split("\n")[:2]
        return Interpreter(Path(path), tuple(int(part) for part in version.split(".")))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _version_of_name(folder: Path) -> tuple[int, ...]:
    match = re.match(r"(\d+(?:\.\d+)*)", folder.name)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def _uv_request() -> str:
    return ">=" + ".".join(map(str, MINIMUM))


def _through_uv(uv: Path) -> Interpreter:
    install = subprocess.run(
        [str(uv), "python", "install", _uv_request()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if install.returncode:
        output = install.stdout.decode(errors="replace").strip().splitlines()
        raise OSError(output[-1].strip() if output else f"exit status {install.returncode}")
    answer = subprocess.run(
        [str(uv), "python", "find", _uv_request()], stdout=subprocess.PIPE, check=True
    )
    found = ask(answer.stdout.decode().strip())
    if found is None or found.version < MINIMUM:
        raise OSError("what it installed does not run")
    return found
