"""What a person gets of a failure: seed, commit, law, step, and a file to play again."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from simulation.sim.episode import Failure
from simulation.sim.operation import Operation, operation_of
from simulation.sim.setting import Setting

ROOT: Final = Path(__file__).parents[3]
FOLDER: Final = ROOT / "artifacts" / "simulation"


def commit() -> str:
    """The commit that is simulated, marked when the checkout differs from it."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.stdout.strip()


def describe(failure: Failure, full_length: int) -> str:
    """The failure in lines for a terminal."""
    setting = failure.setting
    lines = [
        f"LAW BROKEN: {failure.law}",
        f"  seen      {failure.seen}",
        f"  seed      {setting.seed}  episode {setting.episode}  commit {commit()}",
        f"  step      {full_length} of the history; {len(failure.operations)} steps are enough:",
    ]
    lines += [f"    {line_of(operation)}" for operation in failure.operations]
    return "\n".join(lines)


def line_of(operation: Operation) -> str:
    """One operation on one line."""
    wait = f"+{operation.wait_ms} ms " if operation.wait_ms else ""
    fault = f"  FAULT {operation.fault[0]} {operation.fault[1]}" if operation.fault else ""
    args = json.dumps(operation.args, separators=(",", ":"))
    return f"{operation.number:>4} {wait}wallet {operation.wallet} {operation.kind} {args}{fault}"


def save(failure: Failure, folder: Path = FOLDER) -> Path:
    """Write the history where `load` finds it again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"failure-{failure.setting.seed}-{failure.setting.episode}.json"
    saved: dict[str, Any] = {
        "law": failure.law,
        "seen": failure.seen,
        "commit": commit(),
        "setting": asdict(failure.setting),
        "operations": [operation.as_json() for operation in failure.operations],
    }
    path.write_text(json.dumps(saved, indent=1), encoding="utf-8")
    return path


def load(path: Path) -> tuple[Setting, list[Operation]]:
    """The history of a file that `save` wrote."""
    saved = json.loads(path.read_text(encoding="utf-8"))
    setting = saved["setting"]
    limits = tuple(((kind, period), value) for (kind, period), value in setting.pop("limits"))
    requires = tuple(setting.pop("requires"))
    operations = [operation_of(entry) for entry in saved["operations"]]
    return Setting(**setting, limits=limits, requires=requires), operations
