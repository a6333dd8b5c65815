"""mypy --strict over everything: `make types`.

Each Worker is checked on its own, from its own folder, because that folder is the import root its
modules see at run time; a check from the repository's root would let `workers/api/http_layer` be
imported by a name it does not have.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from deployment import CHECKOUT, ENVIRONMENTS, ROOT

NATIVE: Final = ("src/shared", "runtime", "tests", "bench")


def check(name: str, folder: Path, targets: list[str]) -> tuple[str, int, str]:
    """Runs mypy in `folder`; returns the name, the exit status and the output."""
    command = [CHECKOUT.python, "-m", "mypy", "--config-file", ROOT / "pyproject.toml"]
    command += ["--cache-dir", CHECKOUT.cache / "mypy" / name, *map(Path, targets)]
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False
    )
    return name, done.returncode, (done.stdout + done.stderr).strip()


def main() -> int:
    native = [target for target in NATIVE if any((ROOT / target).rglob("*.py"))]
    jobs = [("native", ROOT, native)]
    for environment in ENVIRONMENTS:
        folder = ROOT / "workers" / environment
        if any(folder.rglob("*.py")):
            jobs.append((f"workers/{environment}", folder, ["."]))
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda job: check(*job), jobs))
    for name, _, output in results:
        print(f"{name}: {output}")
    return max(status for _, status, _ in results)


if __name__ == "__main__":
    sys.exit(main())
