"""What the edge costs: start-up, CPU a request, rounds a second. `make bench` prints it as a table.

CPU is that of the workerd process (user and system, all threads) between the first and the last
request, divided by the requests. Times on a shared machine are noisy: read the columns as ratios to
the ping of the same run. Requests go to the api Worker's own socket (`DIRECT`), past every proxy.
"""

import argparse
import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from e2e.edge import Edge
from e2e.people import registration

from bench.http_client import Connection

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured line; times in milliseconds."""

    name: str
    requests: int
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    per_second: float


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


async def measure(
    name: str, pid: int, lanes: Sequence[Callable[[], Awaitable[object]]], rounds: int
) -> Figure:
    """Run every lane `rounds` times, lanes side by side."""
    latencies: list[float] = []

    async def run(lane: Callable[[], Awaitable[object]]) -> None:
        for _ in range(rounds):
            started = time.perf_counter()
            await lane()
            latencies.append((time.perf_counter() - started) * 1000)

    cpu_before, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(run(lane) for lane in lanes))
    elapsed, cpu = time.perf_counter() - started, cpu_seconds(pid) - cpu_before
    latencies.sort()
    count = len(latencies)
    return Figure(
        name,
        count,
        cpu * 1000 / count,
        median(latencies),
        latencies[min(count - 1, count * 99 // 100)],
        count / elapsed,
    )


class Player:
    """A funded player with an open dice session and a connection of their own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.auth: dict[str, str] = {}
        self.session_id = ""
        self.email = ""
        self.password = ""

    @classmethod
    async def ready(cls, host: str, port: int) -> "Player":
        player = cls(await Connection.open(host, port))
        body = registration()
        player.email, player.password = str(body["email"]), str(body["password"])
        await player.send("POST", "/v1/players", 201, body)
        tokens = await player.log_in()
        player.auth = {"Authorization": f"Bearer {tokens['access_token']}"}
        deposit = await player.send(
            "POST", "/v1/me/deposits", 201, {"amount_minor": 10_000_000, "method": "pix"}, key=True
        )
        await player.send("POST", f"/v1/sandbox/pix/{deposit['pix']['txid']}/pay", 200, {})
        session = await player.send("POST", "/v1/me/game-sessions", 201, {"game_id": "dice"})
        player.session_id = session["session_id"]
        return player

    async def send(
        self, method: str, path: str, expected: int, body: object = None, *, key: bool = False
    ) -> Any:
        headers = dict(self.auth)
        if key:
            headers["Idempotency-Key"] = secrets.token_hex(12)
        status, answer = await self.connection.request(method, path, body=body, headers=headers)
        if status != expected:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    async def log_in(self) -> Any:
        body = {"email": self.email, "password": self.password}
        return await self.send("POST", "/v1/auth/login", 200, body)

    async def ping(self) -> None:
        await self.send("GET", "/healthz", 200)

    async def balance(self) -> None:
        await self.send("GET", "/v1/me/wallet", 200)

    async def bet(self) -> None:
        params = {"target": 50, "over": False}
        body = {"session_id": self.session_id, "stake_minor": 100, "params": params}
        await self.send("POST", "/v1/me/rounds", 201, body, key=True)


async def figures(edge: Edge, rounds: int) -> list[Figure]:
    """All lines of the table, in one run."""
    host, port = "127.0.0.1", int(edge.direct_url.rpartition(":")[2])
    pid = edge.workerd_pid()
    players = [await Player.ready(host, port) for _ in range(50)]
    one = players[0]
    shared = [await Connection.open(host, port) for _ in range(16)]

    def on(connection: Connection) -> Callable[[], Awaitable[None]]:
        copy = Player(connection)
        copy.auth, copy.session_id = one.auth, one.session_id
        return copy.bet

    for player in players:
        await player.bet()
    sixteen, fifty = [on(connection) for connection in shared], [player.bet for player in players]
    return [
        await measure("ping (GET /healthz)", pid, [one.ping], rounds),
        await measure("balance (GET /v1/me/wallet)", pid, [one.balance], rounds),
        await measure("login (PBKDF2 6 × 100,000)", pid, [one.log_in], max(10, rounds // 50)),
        await measure("round, one wallet, one connection", pid, [one.bet], rounds),
        await measure("round, one wallet, 16 connections", pid, sixteen, rounds // 8),
        await measure("round, 50 wallets, 50 connections", pid, fifty, rounds // 20),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="requests of a sequential line")
    rounds = parser.parse_args().rounds
    started = time.perf_counter()
    with Edge() as edge:
        ready_s = time.perf_counter() - started
        table = asyncio.run(figures(edge, rounds))
    print(f"start-up to READY, set-up done before: {ready_s:.1f} s\n")
    print("| request | n | CPU ms | p50 ms | p99 ms | per second | CPU ÷ ping |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    ping = table[0].cpu_ms or 1.0
    for line in table:
        print(
            f"| {line.name} | {line.requests} | {line.cpu_ms:.2f} | {line.p50_ms:.2f} "
            f"| {line.p99_ms:.2f} | {line.per_second:.0f} | {line.cpu_ms / ping:.1f} |"
        )


if __name__ == "__main__":
    main()
