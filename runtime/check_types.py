"""mypy --strict over everything: `make types`.

Each Worker is checked on its own, with its folder as an import root and together with its unit
tests, because that is what its modules see at run time: `http_layer`, not `workers.api.http_layer`.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from deployment import CHECKOUT, ENVIRONMENTS, ROOT


class Check(NamedTuple):
    """One run of mypy: over what, and with which import roots besides the common ones."""

    name: str
    targets: list[str]
    roots: list[str]
    exclude: str = ""


# The generators of documents read the API's own tables, hence see its import root.
API_SCRIPTS: Final = ("runtime/openapi.py", "runtime/problems.py", "runtime/roles.py")
# Runs the cron Worker's own job over native adapters.
CRON_SCRIPTS: Final = ("runtime/rebuild.py",)
CHECKS: Final = (
    Check(
        "api", ["workers/api", "tests/unit/api", *API_SCRIPTS], ["workers/api", "tests/unit/api"]
    ),
    Check("wallet_do", ["workers/wallet_do", "tests/unit/wallet_do"], ["workers/wallet_do"]),
    Check(
        "fraud_cron",
        ["workers/fraud_cron", "tests/unit/fraud_cron", *CRON_SCRIPTS],
        ["workers/fraud_cron"],
    ),
    Check(
        "native",
        ["src/shared", "runtime", "tests", "bench"],
        ["."],
        rf"^(tests/unit/({'|'.join(ENVIRONMENTS)})/|({'|'.join(API_SCRIPTS + CRON_SCRIPTS)})$)",
    ),
)


def run(check: Check) -> tuple[str, int, str]:
    """Runs mypy; returns the name, the exit status and the output."""
    targets = [target for target in check.targets if _has_python(ROOT / target)]
    if not targets:
        return check.name, 0, "nothing to check"
    command: list[str | Path] = [CHECKOUT.python, "-m", "mypy"]
    command += ["--cache-dir", CHECKOUT.cache / "mypy" / check.name]
    command += ["--exclude", check.exclude] if check.exclude else []
    done = subprocess.run(
        [*command, *targets],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": os.pathsep.join(str(ROOT / root) for root in check.roots)},
        capture_output=True,
        text=True,
        check=False,
    )
    return check.name, done.returncode, (done.stdout + done.stderr).strip()


def _has_python(path: Path) -> bool:
    return path.is_file() or any(path.rglob("*.py"))


def main() -> int:
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(run, CHECKS))
    for name, _, output in results:
        print(f"{name}: {output}")
    return max(status for _, status, _ in results)


if __name__ == "__main__":
    sys.exit(main())
