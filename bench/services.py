"""Starting servers: their output goes to a file, and they end when the benchmark ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


class StartFailed(Exception):
    """A server ended or did not get ready in time; carries the end of its output."""


class Service:
    """One child process with its output in a file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        output: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str | None = None,
    ) -> None:
        self._output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                user=user,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread runs when servers start
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for_line(self, beginning: str, patience_s: float = 120.0) -> str:
        """The rest of the first line of output that begins so.

        Raises:
            StartFailed: when it does not come.
        """
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and self._process.poll() is None:
            for line in self._text().splitlines(keepends=True):
                if line.startswith(beginning) and line.endswith("\n"):
                    return line.removeprefix(beginning).strip()
            time.sleep(0.05)
        raise StartFailed(self._text()[-3000:])

    def stop(self, number: signal.Signals = signal.SIGTERM, patience_s: float = 20.0) -> None:
        """Ask the process to end, then make it; stopping twice is harmless."""
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _text(self) -> str:
        return self._output.read_text(errors="replace")


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
