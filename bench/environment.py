"""Where things are, and what a run was made on."""

import os
import platform
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHON: Final = ROOT / ".venv/bin/python"
NODE: Final = ROOT / ".cache/bin/node"
BENCH_CACHE: Final = ROOT / ".cache/bench"
ARTIFACTS: Final = ROOT / "artifacts/bench"


def commit(checkout: Path) -> str:
    """The commit of a checkout, with `+changes` when its sources differ from it; for an export
    without a repository what its file `COMMIT` says.
    """
    if not (checkout / ".git").exists():
        named = checkout / "COMMIT"
        return named.read_text().strip() if named.exists() else "unknown"
    head = _git(checkout, "rev-parse", "--short=12", "HEAD") or "unknown"
    changed = _git(checkout, "status", "--porcelain", "--", "src", "workers", "wrangler.toml")
    return f"{head}+changes" if changed else head


def machine(scratch: Path) -> dict[str, object]:
    """What the figures depend on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_average": os.getloadavg(),
        "fsync_ms": _fsync_ms(scratch),
    }


def _fsync_ms(scratch: Path) -> float:
    """Median time to make 4 KiB durable where the contenders keep their data."""
    times = []
    with (scratch / "fsync").open("wb") as file:
        for _ in range(100):
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return round(median(times), 3)


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=checkout, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
