"""Makes sure that a Chromium is there for the browser tests: `$CHROMIUM`, or Debian's, installed
where that is possible.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

DEBIAN_CHROMIUM: Final = Path("/usr/bin/chromium")


def path() -> Path:
    """Where the browser is, or would be."""
    return Path(os.environ.get("CHROMIUM") or DEBIAN_CHROMIUM)


def _as_root() -> list[str] | None:
    """The prefix that makes a command run as root without a question; None when there is none."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


def main() -> int:
    if path().exists():
        return 0
    remedy = "install Chromium and name it: CHROMIUM=/path/to/chromium make test"
    prefix, apt = _as_root(), shutil.which("apt-get")
    if prefix is None or apt is None:
        print(
            f"error: {path()} is missing and cannot be installed from here.\n  → {remedy}",
            file=sys.stderr,
        )
        return 1
    print("installing Debian's chromium for the browser tests …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-q"],
        ["install", "-q", "-y", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(
            [*prefix, apt, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
            print(f"error: apt-get {arguments[0]} failed:\n{tail}\n  → {remedy}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
