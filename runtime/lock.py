"""Pins every dependency anew: `make lock`.

Invariant: what is committed names packages, versions and hashes, and no host they came from, so
that any mirror serves them. uv resolves; its own `uv.lock` would name an index, hence hash-pinned
requirement files.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deployment import CHECKOUT, ROOT

REQUIREMENTS: Final = ROOT / "requirements"
UV_OPTIONS: Final = (
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
    "--upgrade",
)


def _uv(uv: Path, target: str, *arguments: str) -> None:
    subprocess.run(
        [uv, "pip", "compile", *UV_OPTIONS, "--output-file", REQUIREMENTS / target, *arguments],
        cwd=ROOT,
        check=True,
    )


def _lock_python(uv: Path) -> None:
    own = ("--no-emit-package", "acmetocasino-shared")
    _uv(uv, "worker.txt", "--python-version", "3.14", *own, "pyproject.toml")
    # The oldest Python that the project supports, on every platform.
    _uv(uv, "dev.txt", "--python-version", "3.12", "--universal", "--group", "dev")
    # The set-up itself may have to fetch uv under an old Python.
    with tempfile.NamedTemporaryFile("w", suffix=".in") as request:
        request.write("uv\n")
        request.flush()
        _uv(uv, "uv.txt", "--python-version", "3.8", "--universal", request.name)


def _lock_npm() -> None:
    subprocess.run(
        [CHECKOUT.bin / "npm", "install", "--package-lock-only", "--no-progress"],
        cwd=ROOT,
        env=CHECKOUT.environment(),
        check=True,
    )
    complete_workerd(ROOT / "package-lock.json")


def complete_workerd(lock: Path) -> None:
    """Adds the platforms of workerd that the registry at hand did not have.

    `npm ci` refuses a lock without them on every platform. They are added without an integrity
    hash, which npm then cannot check on those platforms; locking against a complete registry fills
    it in.
    """
    document = json.loads(lock.read_text(encoding="utf-8"))
    packages = document["packages"]
    template = packages["node_modules/@cloudflare/workerd-linux-64"]
    for name, version in packages["node_modules/workerd"]["optionalDependencies"].items():
        system, cpu = name.removeprefix("@cloudflare/workerd-").split("-")
        platform = {
            "version": version,
            "cpu": [{"64": "x64"}.get(cpu, cpu)],
            "os": [{"windows": "win32"}.get(system, system)],
        }
        rest = {
            key: value for key, value in template.items() if key not in {*platform, "integrity"}
        }
        packages.setdefault(f"node_modules/{name}", {**platform, **rest})
    document["packages"] = {"": packages.pop(""), **dict(sorted(packages.items()))}
    lock.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    _lock_python(CHECKOUT.fetch_uv())
    _lock_npm()
    return 0


if __name__ == "__main__":
    sys.exit(main())
