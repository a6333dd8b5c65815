"""The native peer as a contender: a PostgreSQL cluster of its own and uvicorn, both on this
machine.

The cluster is temporary and durable: `fsync`, `synchronous_commit` and `full_page_writes` are on.
What is tuned is what an operator would tune: memory, checkpoints, no JIT for short statements.
"""

import json
import os
import secrets
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.contender import Bettor, Contender
from bench.environment import BENCH_CACHE, PYTHON, ROOT
from bench.ports import free_port
from bench.services import Service, StartFailed
from bench.tokens import sign_token

PEER: Final = Path(__file__).parent / "peer"
POOL: Final = 20
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "min_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "max_connections": "60",
    "listen_addresses": "",
}


class PeerUnavailable(Exception):
    """PostgreSQL or the peer's packages cannot be had on this machine; says why."""


class NativePeer(Contender):
    """FastAPI, asyncpg, PostgreSQL."""

    def __init__(self, scratch: Path, workers: int = 1) -> None:
        super().__init__()
        self.name = "peer"
        self._folder = scratch / "peer"
        self._workers = workers
        self._services: list[Service] = []
        self._environment: dict[str, str] = {}

    def start(self, wallets: int) -> None:
        python = peer_python()
        cluster = self._start_cluster(postgres_programs())
        token_key = secrets.token_bytes(32)
        environment = self._environment = {
            "PEER_DSN": f"postgresql://bench@/postgres?host={cluster}",
            "PEER_POOL": str(POOL),
            "PEER_TOKEN_KEY": token_key.hex(),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        seeded = _run([python, "-m", "bench.peer.seed", str(wallets)], environment)
        self.bettors = [
            Bettor(
                wallet["player_id"],
                wallet["session_id"],
                sign_token(wallet["player_id"], token_key, "k1"),
            )
            for wallet in json.loads(seeded)
        ]
        self.port = free_port()
        command: list[str | Path] = [python, "-m", "uvicorn", "--factory", "bench.peer.app:build"]
        command += ["--app-dir", str(ROOT), "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
        command += ["--no-server-header", "--no-date-header"]
        command += ["--log-level", "warning", "--workers", str(self._workers)]
        service = Service(command, self._folder / "uvicorn.log", environment=environment)
        self._services.append(service)
        self._wait_until_healthy(service)

    def check(self) -> str:
        found = json.loads(_run([peer_python(), "-m", "bench.peer.check"], self._environment))
        assert not any(found["broken"].values()), found
        return f"{found['bets']} bets: gapless, chained, folded, two events each"

    def _wait_until_healthy(self, service: Service) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz") as answer:
                    answer.read()
                    return
            except OSError:
                time.sleep(0.1)
        service.stop()
        raise StartFailed((self._folder / "uvicorn.log").read_text()[-3000:])

    def _start_cluster(self, programs: Path) -> Path:
        """Starts PostgreSQL and returns the folder of its socket."""
        user = "postgres" if os.geteuid() == 0 else None
        data, sockets = self._folder / "data", self._folder / "socket"
        for folder in (self._folder, sockets):
            folder.mkdir(parents=True, exist_ok=True)
            if user:
                shutil.chown(folder, user, user)
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "bench",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        _run([*initdb, "--locale=C", "-N"], {}, user=user)
        command: list[str | Path] = [programs / "postgres", "-D", data, "-k", sockets]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        service = Service(command, self._folder / "postgres.log", user=user, folder=Path("/"))
        self._services.append(service)
        ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", sockets, "-U", "bench"]
        deadline = time.monotonic() + 30
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise StartFailed((self._folder / "postgres.log").read_text()[-3000:])
            time.sleep(0.1)
        return sockets

    def stop(self) -> None:
        for service in reversed(self._services):
            service.stop()
        self._services.clear()

    def roots(self) -> Sequence[int]:
        return [service.pid for service in self._services]


def peer_python() -> Path:
    """The interpreter of the peer's environment, made when it is missing or out of date.

    Raises:
        PeerUnavailable: when its packages cannot be installed.
    """
    requirements = PEER / "requirements.txt"
    folder = BENCH_CACHE / "peer"
    stamp = folder / "stamp"
    wanted = sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _run([PYTHON, "-m", "venv", folder], {})
            pip: list[str | Path] = [folder / "bin/pip", "install", "--quiet", "--require-hashes"]
            pip += ["--disable-pip-version-check", "-r", requirements]
            _run(pip, {})
        except StartFailed as failure:
            raise PeerUnavailable(f"the peer's packages: {failure}") from None
        stamp.write_text(wanted)
    return folder / "bin/python"


def postgres_programs() -> Path:
    """Where the server's programs are; Debian's package is installed where that is possible.

    Raises:
        PeerUnavailable: when there is no PostgreSQL and none can be installed.
    """
    if (found := _installed_postgres()) is not None:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            _run(["apt-get", "-qq", "update"], environment)
            _run(["apt-get", "-qq", "-y", "--no-install-recommends", "install", "postgresql"],
                 environment)  # fmt: skip
        except StartFailed as failure:
            raise PeerUnavailable(f"apt-get install postgresql: {failure}") from None
        if (found := _installed_postgres()) is not None:
            return found
    raise PeerUnavailable("there is no PostgreSQL server: apt-get install postgresql")


def _installed_postgres() -> Path | None:
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3])
    )
    if debian:
        return debian[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _run(
    command: Sequence[str | Path], environment: dict[str, str], user: str | None = None
) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd="/" if user else ROOT,
    )
    if done.returncode != 0:
        raise StartFailed((done.stdout + done.stderr)[-3000:])
    return done.stdout
