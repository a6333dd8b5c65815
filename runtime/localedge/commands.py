"""Runs the programs of the set-up: quiet when they succeed, clear when they do not."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from localedge.errors import SetupError

_TAIL_LINES = 15
_NO_NETWORK = re.compile(
    r"name resolution|getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
    r"|NewConnectionError|NameResolutionError|Network is unreachable|Connection refused|timed out"
    r"|ProxyError|dns error|error sending request"
    # pip's last word when no index answers, or none has what is pinned
    r"|No matching distribution found",
    re.IGNORECASE,
)


def run(
    what: str,
    command: Sequence[str | Path],
    log: Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs `command`, its output into `log`.

    Raises SetupError that tells an unreachable registry from any other failure.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            code = subprocess.run(
                [str(part) for part in command],
                cwd=str(cwd),
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        except OSError as error:
            raise SetupError(
                f"{what}: {command[0]} cannot be started: {error}", "run: make clean setup"
            ) from error
    if code != 0:
        raise failure(what, log.read_text(encoding="utf-8", errors="replace"), log)


def failure(what: str, output: str, log: Path) -> SetupError:
    """The error for a program that printed `output` before it failed."""
    if _NO_NETWORK.search(output):
        return SetupError(
            f"{what}: the package registry cannot be reached, or lacks a pinned package.",
            "Check the network or the proxy, or name a mirror (PIP_INDEX_URL for Python packages,"
            " npm_config_registry for npm). Then run the same command again: finished steps are"
            f" kept. Details: {log}",
        )
    tail = "\n".join(output.strip().splitlines()[-_TAIL_LINES:])
    return SetupError(f"{what} failed:\n{tail}", f"The whole output is in {log}")
