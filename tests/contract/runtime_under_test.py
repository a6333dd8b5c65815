"""The contract Worker on real workerd, started and stopped by the tests that talk to it."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / ".venv" / "bin" / "node"
HOST_SCRIPT = ROOT / "tests" / "contract" / "worker" / "host.mjs"
PATIENCE_S = 60


class WorkerdUnderTest:
    """A running contract Worker: `ask` it by HTTP, `said` is what it wrote to its console."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        address = urlsplit(self.wait_for("READY ").removeprefix("READY "))
        self._address = (address.hostname or "", address.port)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer; an answer that is no success fails the test with its text."""
        connection = HTTPConnection(*self._address, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"/{path}", json.dumps(body or {}))
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        assert response.status == 200, f"{path}: {response.status}\n{text}"
        return json.loads(text)

    def wait_for(self, beginning: str) -> str:
        """The first line of output that begins so, waited for; fails when none comes."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or self._line(beginning) is not None, PATIENCE_S
            )
        line = self._line(beginning)
        assert line is not None, f"no line {beginning!r} in:\n" + "\n".join(self._lines)
        return line

    def stop(self) -> None:
        """End the host by ending its input, and wait until its output ends too."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)

    def _line(self, beginning: str) -> str | None:
        return next((line for line in self._lines if line.startswith(beginning)), None)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextmanager
def workerd_under_test() -> Iterator[WorkerdUnderTest]:
    """A contract Worker for the length of the block. Fails when `make setup` has not been run."""
    assert NODE.exists(), f"{NODE} does not exist: run `make setup`"
    with subprocess.Popen(
        [NODE, HOST_SCRIPT],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            edge = WorkerdUnderTest(process)
        except BaseException:
            process.kill()
            raise
        try:
            yield edge
        finally:
            edge.stop()
