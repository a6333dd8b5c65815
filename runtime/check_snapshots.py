"""Saves and loads a Python memory snapshot of each Worker on bare workerd: `make snapshots`.

The platform takes such a snapshot at deployment, after the entry was imported, and starts every
isolate from it. An import that draws randomness, does I/O or leaves a JavaScript object in a global
makes that fail; so does an interpreter that answers differently after it was restored. One Worker
at a time: a process has one snapshot.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from deployment import CHECKOUT, ENTRY, ENVIRONMENTS, bundle, configuration, modules

PROBE_PATH: Final = "/healthz"
PATIENCE_S: Final = 60
FLAGS: Final = ("python_workers_development", "experimental")


class Run(NamedTuple):
    """What one start of workerd showed."""

    seconds: float
    status: int


def capnp_config(environment: str, bundle_folder: Path) -> str:
    """A workerd configuration with the Worker's modules, its variables and its Durable Object
    classes.
    """
    config = configuration()
    settings = config["env"][environment]
    flags = ", ".join(json.dumps(flag) for flag in [*_flags(config, settings), *FLAGS])
    variables = ", ".join(
        f"(name = {json.dumps(name)}, text = {json.dumps(value)})"
        for name, value in settings["vars"].items()
    )
    return f"""using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  compatibilityDate = {json.dumps(config["compatibility_date"])},
  compatibilityFlags = [{flags}],
  modules = [
    {_modules(bundle_folder)}
  ],
  bindings = [{variables}],
  durableObjectNamespaces = [{_classes(settings)}],
  durableObjectStorage = (inMemory = void),
);
"""


def _flags(config: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """An environment's own flags take the place of the file's, as wrangler reads it."""
    flags: list[str] = settings.get("compatibility_flags", config["compatibility_flags"])
    return flags


def _modules(folder: Path) -> str:
    names = sorted(modules(folder), key=lambda name: (name != ENTRY, name))
    return ",\n    ".join(
        f"(name = {json.dumps(name)}, {_kind(name)} = embed {json.dumps(f'bundle/{name}')})"
        for name in names
    )


def _kind(name: str) -> str:
    if not name.startswith("python_modules/"):
        return "pythonModule"
    return "esModule" if name.endswith((".js", ".mjs")) else "data"


def _classes(settings: dict[str, Any]) -> str:
    classes = [
        name
        for migration in settings.get("migrations", [])
        for name in migration["new_sqlite_classes"]
    ]
    return ", ".join(
        f'(className = "{name}", uniqueKey = "{name}", enableSql = true)' for name in classes
    )


def start(folder: Path, *arguments: str) -> Run:
    """Starts workerd with the configuration in `folder`, asks it once, ends it.

    Exits with workerd's output when it does not come up.
    """
    told, tells = os.pipe()
    log = folder / "workerd.log"
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                CHECKOUT.root / "runtime" / "workerd",
                *(
                    "serve",
                    "--experimental",
                    f"--control-fd={tells}",
                    f"--python-snapshot-dir={folder}",
                ),
                *arguments,
                folder / "config.capnp",
            ],
            env={
                **os.environ,
                "EDGE_PYTHON": str(CHECKOUT.python),
                "EDGE_PYODIDE_FOLDER": str(CHECKOUT.cache / "pyodide"),
                "EDGE_HOST_PID": str(os.getpid()),
            },
            pass_fds=[tells],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        os.close(tells)
        try:
            with os.fdopen(told) as channel:
                line = channel.readline()
            if not line:
                process.wait(PATIENCE_S)
                sys.exit(f"workerd did not start:\n{_tail(log)}")
            seconds = time.monotonic() - begun
            return Run(seconds, _status(json.loads(line)["port"]))
        finally:
            process.kill()
            process.wait()


def _status(port: int) -> int:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}{PROBE_PATH}", timeout=PATIENCE_S
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        return answer.code


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


def check(environment: str) -> list[str]:
    """Problems of one Worker; prints what a snapshot saves."""
    folder = CHECKOUT.cache / "snapshots" / environment
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Cap'n Proto embeds files by a path relative to the configuration.
    (folder / "bundle").symlink_to(bundle(environment))
    (folder / "config.capnp").write_text(
        capnp_config(environment, folder / "bundle"), encoding="utf-8"
    )
    saved = start(folder, "--python-save-snapshot")
    snapshots = list(folder.glob("*.bin"))
    if len(snapshots) != 1:
        return [f"workerd wrote {len(snapshots)} snapshots:\n{_tail(folder / 'workerd.log')}"]
    loaded = start(folder, f"--python-load-snapshot={snapshots[0].name}")
    size = snapshots[0].stat().st_size
    print(
        f"{environment:<11}saved in {saved.seconds:.1f} s ({size / 2**20:.0f} MiB),"
        f" loaded in {loaded.seconds:.2f} s, GET {PROBE_PATH} → {saved.status}, {loaded.status}"
    )
    shutil.rmtree(folder)
    if saved.status != loaded.status:
        return [f"answers {loaded.status} after the snapshot was loaded, {saved.status} before"]
    if loaded.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return ["fails instead of answering that it is not configured"]
    return []


def main() -> int:
    problems = [
        f"{environment}: {problem}"
        for environment in ENVIRONMENTS
        for problem in check(environment)
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"snapshots: {len(problems)} problems" if problems else "snapshots: every import is safe")
    return min(len(problems), 1)


if __name__ == "__main__":
    sys.exit(main())
