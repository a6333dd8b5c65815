"""The local edge as tests use it: the real host in its own process, driven through its control
port.

Invariant: an Edge that was stopped, or whose test process ended in any way, leaves no process
behind.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import httpx

ROOT: Final = Path(__file__).resolve().parents[2]
NODE: Final = ROOT / ".cache" / "bin" / "node"
START_PATIENCE_S: Final = 120
STOP_PATIENCE_S: Final = 20
POLL_S: Final = 0.05

type WorkerName = Literal["api", "wallet_do", "fraud_cron"]


class EdgeError(Exception):
    """The host ended, or did not get ready in time; carries what it printed."""


@dataclass(frozen=True)
class LogEntry:
    """One line that a Worker or workerd wrote."""

    timestamp: int
    level: str
    message: str


class Edge:
    """One running edge.

    Args:
        state: folder that keeps all data, for `restart()` and crash tests; without it every start
        begins empty. variables: overrides of variables, `{"api:PROFILE": "production"}`. port: 0
        picks a free one. The ports stay the same over `restart()`. watch: restart the Workers when
        a source file changes.
    """

    def __init__(
        self,
        state: Path | None = None,
        variables: Mapping[str, str] | None = None,
        port: int = 0,
        *,
        watch: bool = False,
    ) -> None:
        self._state = state
        self._variables = dict(variables or {})
        self._port = port
        self._direct_port = 0
        self._watch = watch
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._reader: threading.Thread | None = None
        self._addresses: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Where everything is served, pages included."""
        return self._addresses["READY"]

    @property
    def direct_url(self) -> str:
        """The api Worker's own socket."""
        return self._addresses["DIRECT"]

    @property
    def output(self) -> str:
        """All that the host printed since the first start."""
        return "\n".join(self._lines)

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client on `base_url`; the caller closes it."""
        return httpx.Client(base_url=self.base_url, timeout=30, **options)

    def start(self) -> Self:
        """Starts the host and returns when it is ready.

        Raises:
            EdgeError: with the host's output.
        """
        command = [
            str(NODE),
            str(ROOT / "runtime" / "host.mjs"),
            "--control",
            "--until-stdin-ends",
            "--no-cron",
        ]
        command += ["--port", str(self._port), "--direct-port", str(self._direct_port)]
        command += [] if self._watch else ["--no-watch"]
        command += ["--state", str(self._state)] if self._state else []
        for name, value in self._variables.items():
            command += ["--var", f"{name}={value}"]
        environment = {
            key: value for key, value in os.environ.items() if key not in {"PORT", "STATE"}
        }
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A Ctrl-C at the terminal is for pytest, which then stops the edge in order.
            start_new_session=True,
        )
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self._process, ready), daemon=True)
        self._reader.start()
        if not ready.wait(START_PATIENCE_S) or "READY" not in self._addresses:
            self.stop()
            raise EdgeError(self.output)
        self._port = httpx.URL(self.base_url).port or 0
        self._direct_port = httpx.URL(self.direct_url).port or 0
        return self

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        self._addresses.clear()
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip("\n")
            self._lines.append(text)
            name, _, address = text.partition(" ")
            if name in {"CONTROL", "DIRECT", "READY"} and address.startswith("http://"):
                self._addresses[name] = address
            if name == "READY":
                ready.set()
        ready.set()

    def stop(self) -> int:
        """Stops the host and all it started; returns its exit status. Stopping twice is
        harmless.
        """
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return self._reap(process)

    def _reap(self, process: subprocess.Popen[str]) -> int:
        try:
            process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(STOP_PATIENCE_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        self._process = None
        return process.returncode

    def restart(self) -> Self:
        """Stops and starts again on the same ports and state."""
        self.stop()
        return self.start()

    def signal_host(self, number: signal.Signals) -> int:
        """Sends a signal to the host, waits for its end and returns its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._reap(self._process)

    def workerd_pid(self) -> int:
        """The process that runs the three Workers."""
        return int(self._control("GET", "/pids")["workerd"])

    def kill9(self, *, wait: bool = True) -> None:
        """Kills workerd as a crash would. The host starts it again by itself; `wait` until it
        answers.
        """
        before = self.workerd_pid()
        os.kill(before, signal.SIGKILL)
        if wait:
            self.wait_until_back(before)

    def wait_until_back(self, previous_pid: int) -> None:
        """Waits until a workerd other than `previous_pid` answers.

        Raises:
            EdgeError: when that takes too long.
        """
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline:
            if self.workerd_pid() != previous_pid and self._answers():
                return
            time.sleep(POLL_S)
        raise EdgeError(self.output)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def scheduled(self, worker: WorkerName, cron: str, time_ms: int | None = None) -> str:
        """Runs the scheduled handler of a Worker to its end; returns the outcome, `ok` when all is
        well.
        """
        body: dict[str, Any] = {"worker": worker, "cron": cron}
        if time_ms is not None:
            body["time_ms"] = time_ms
        return str(self._control("POST", "/scheduled", body)["outcome"])

    def evict(self, worker: WorkerName, class_name: str, name: str) -> None:
        """Drops a Durable Object from memory, as the platform does at will; its storage stays."""
        self._control("POST", "/evict", {"worker": worker, "class": class_name, "name": name})

    def enqueue(self, worker: WorkerName, binding: str, body: object) -> None:
        """Sends a message through the queue producer `binding` of a Worker."""
        self._control("POST", "/queue", {"worker": worker, "binding": binding, "body": body})

    def logs(self) -> list[LogEntry]:
        """What the Workers and workerd wrote since the last start."""
        return [LogEntry(**entry) for entry in self._control("GET", "/logs")]

    def _control(self, method: str, path: str, body: object = None) -> Any:
        response = httpx.request(
            method, f"{self._addresses['CONTROL']}{path}", json=body, timeout=120
        )
        if response.status_code != 200:
            raise EdgeError(f"{method} {path}: {response.text}\n{self.output[-4000:]}")
        return response.json()


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return (
        not stat.exists() or stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    )


_shared: Edge | None = None
_shared_users = 0


@contextmanager
def shared_edge() -> Iterator[Edge]:
    """One edge for all suites of a test session, whoever asks first; the last user stops it."""
    global _shared, _shared_users  # noqa: PLW0603  one process, one shared edge
    if _shared is None:
        _shared = Edge().start()
    _shared_users += 1
    try:
        yield _shared
    finally:
        _shared_users -= 1
        if _shared_users == 0:
            _shared.stop()
            _shared = None
