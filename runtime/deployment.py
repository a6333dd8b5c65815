"""The deployment artefacts of the three Workers, as wrangler itself would upload them, without a
network.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from localedge.steps import Checkout

ROOT: Final = Path(__file__).resolve().parent.parent
CHECKOUT: Final = Checkout(ROOT)
ENVIRONMENTS: Final = ("api", "wallet_do", "fraud_cron")
BUNDLES: Final = CHECKOUT.cache / "bundles"
ENTRY: Final = "entry.py"


def configuration() -> dict[str, Any]:
    """`wrangler.toml`, parsed."""
    return tomllib.loads((ROOT / "wrangler.toml").read_text(encoding="utf-8"))


def bundle(environment: str) -> Path:
    """Runs `wrangler deploy --dry-run` for one environment and returns the folder it wrote.

    Exits with wrangler's output when it fails.
    """
    folder = BUNDLES / environment
    shutil.rmtree(folder, ignore_errors=True)
    wrangler = ROOT / "node_modules" / "wrangler" / "bin" / "wrangler.js"
    result = subprocess.run(
        [
            *(CHECKOUT.node, wrangler, "deploy", "--dry-run"),
            *("--env", environment, "--outdir", folder),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **CHECKOUT.environment(),
            "CI": "1",
            "NO_COLOR": "1",
            "WRANGLER_SEND_METRICS": "false",
            "WRANGLER_LOG_PATH": str(CHECKOUT.cache / "logs" / "wrangler"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(
            f"wrangler deploy --dry-run --env {environment} failed:\n{result.stdout}{result.stderr}"
        )
    return folder


def modules(folder: Path) -> list[str]:
    """The modules of a bundle by name; wrangler's own README beside them is not one."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if name != "README.md" and not name.endswith(".map"))
