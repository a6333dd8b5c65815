"""What other requests cost than the bet: answering at all, a read from the wallet, a login."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from e2e.people import registration

from bench.edge_contender import Edge
from bench.load import run_load
from bench.processes import wait_until_quiet
from bench.wire import HttpChannel

_JSON: Final = "Content-Type: application/json\r\n"


@dataclass(frozen=True, slots=True)
class RequestCost:
    """One kind of request, one at a time on one connection."""

    name: str
    requests: int
    cpu_ms: float
    p50_ms: float
    p99_ms: float


def request_costs(edge: Edge, seconds: float) -> list[RequestCost]:
    """The lines of the table, in one run."""
    bettor = edge.bettors[0]
    person = registration()
    edge.call("/v1/players", person)
    login = json.dumps({"email": person["email"], "password": person["password"]})
    bearer = f"Authorization: Bearer {bettor.token}\r\n"
    return [
        _cost(edge, "ping (GET /healthz)", _request("GET", "/healthz"), seconds),
        _cost(
            edge, "balance (GET /v1/me/wallet)", _request("GET", "/v1/me/wallet", bearer), seconds
        ),
        _cost(
            edge,
            "login (POST /v1/auth/login, PBKDF2 6 × 100,000)",
            _request("POST", "/v1/auth/login", _JSON, login),
            seconds,
        ),
    ]


def _cost(edge: Edge, name: str, make: Callable[[], bytes], seconds: float) -> RequestCost:
    channel = HttpChannel(edge.port, make, 200)
    try:
        before = sum(edge.cpu().values())
        load = run_load([channel], in_flight=1, seconds=seconds)
        after = wait_until_quiet(lambda: sum(edge.cpu().values()), quiet_s=0.3)
    finally:
        channel.close()
    return RequestCost(
        name,
        load.answered,
        (after - before) * 1000 / load.answered,
        load.percentile_ms(50),
        load.percentile_ms(99),
    )


def _request(method: str, path: str, headers: str = "", body: str = "") -> Callable[[], bytes]:
    content = body.encode()
    text = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {len(content)}\r\n"
    return lambda: text.encode() + b"\r\n" + content
