"""Fills `python_modules/`, the folder beside wrangler.toml that is uploaded with every Worker.

Invariant: it holds the hash-pinned packages of `requirements/worker.txt`, built for the Workers'
interpreter, and a copy of `src/shared` without its CPython adapters. It is never edited: the next
set-up replaces it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from localedge.commands import run
from localedge.files import replace_folder

# CPython 3.14 as Pyodide 314 builds it: what compatibility dates from 2026-09-08 run.
PYTHON_VERSION = "3.14"
PLATFORM = "pyemscripten_2026_0_wasm32"

_NOT_VENDORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def vendor_packages(python: Path, requirements: Path, target: Path, log: Path) -> None:
    """Installs `requirements` for the Workers' platform into a new `target`."""
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=str(target.parent)))
    try:
        command: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--target",
            building,
            "--requirement",
            requirements,
        ]
        command += [
            "--require-hashes",
            "--no-deps",
            "--no-compile",
            "--only-binary=:all:",
            "--implementation",
            "cp",
        ]
        command += ["--python-version", PYTHON_VERSION, "--platform", PLATFORM, "--platform", "any"]
        for abi in ("cp" + PYTHON_VERSION.replace(".", ""), "abi3", "none"):
            command += ["--abi", abi]
        command += ["--no-input", "--disable-pip-version-check"]
        run("packages for the Workers", command, log, cwd=target.parent)
        building.chmod(0o755)
        replace_folder(target, building)
    finally:
        shutil.rmtree(str(building), ignore_errors=True)


def vendor_shared(source: Path, python_modules: Path) -> None:
    """Copies `src/shared` to `python_modules/shared`."""
    building = Path(tempfile.mkdtemp(prefix=".shared.", dir=str(python_modules.parent)))
    native = source / "platform" / "native"

    def ignore(folder: str, names: list[str]) -> set[str]:
        ignored = set(_NOT_VENDORED(folder, names))
        return ignored | ({native.name} if Path(folder) == native.parent else set())

    try:
        copy = building / "shared"
        shutil.copytree(str(source), str(copy), ignore=ignore)
        replace_folder(python_modules / "shared", copy)
    finally:
        shutil.rmtree(str(building), ignore_errors=True)
