"""The local edge itself: what it prints, how it stops, what survives."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from e2e.edge import NODE, ROOT, Edge, is_running

PATIENCE_S = 120


def _host(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NODE), str(ROOT / "runtime" / "host.mjs"), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_the_last_lines_of_a_start_are_the_direct_and_the_ready_address(edge: Edge) -> None:
    addresses = re.findall(r"^(DIRECT|READY) (http://127\.0\.0\.1:\d+)$", edge.output, re.MULTILINE)
    assert addresses == [("DIRECT", edge.direct_url), ("READY", edge.base_url)]


def test_both_addresses_reach_the_api_worker(edge: Edge) -> None:
    for address in (edge.base_url, edge.direct_url):
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}


def test_pages_are_served_at_the_ready_address(edge: Edge) -> None:
    page = httpx.get(f"{edge.base_url}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_a_taken_port_is_named_with_the_way_out(edge: Edge) -> None:
    port = httpx.URL(edge.base_url).port
    result = _host("--port", str(port))
    assert result.returncode == 1
    assert f"Port {port} is taken" in result.stderr
    assert "make dev PORT=" in result.stderr
    assert "    at " not in result.stderr, "a stack trace is no message"


def test_a_wrong_option_is_explained() -> None:
    result = _host("--port", "many")
    assert result.returncode == 1
    assert '"many" is not a port' in result.stderr


def test_cron_handlers_run_on_demand(edge: Edge) -> None:
    assert edge.scheduled("fraud_cron", "*/5 * * * *") == "ok"


def test_ctrl_c_ends_the_host_and_leaves_nothing(fresh_edge: Callable[..., Edge]) -> None:
    edge = fresh_edge()
    workerd = edge.workerd_pid()
    scratch = Path(_environment(workerd)["EDGE_PID_FILE"]).parent
    assert scratch.exists()
    assert edge.signal_host(signal.SIGINT) == 0
    assert _until(lambda: not is_running(workerd))
    assert not scratch.exists()


def test_workerd_does_not_outlive_a_killed_host(fresh_edge: Callable[..., Edge]) -> None:
    edge = fresh_edge()
    workerd = edge.workerd_pid()
    assert edge.signal_host(signal.SIGKILL) == -signal.SIGKILL
    assert _until(lambda: not is_running(workerd))


def test_state_survives_kill_9_and_restart(fresh_edge: Callable[..., Edge], tmp_path: Path) -> None:
    edge = fresh_edge(state=tmp_path / "state")
    address, first = edge.base_url, edge.workerd_pid()
    applied = edge.output.count("D1 migration ")
    assert applied > 0

    edge.kill9()
    assert edge.workerd_pid() != first
    assert not is_running(first)

    edge.restart()
    assert edge.base_url == address
    assert edge.output.count("D1 migration ") == applied, "applied once, remembered since"
    assert httpx.get(f"{address}/healthz").status_code == 200


def test_a_changed_source_restarts_the_workers(fresh_edge: Callable[..., Edge]) -> None:
    edge = fresh_edge(watch=True)
    before = edge.workerd_pid()
    os.utime(ROOT / "src" / "shared" / "__init__.py")
    assert _until(lambda: "restarted in " in edge.output), edge.output
    assert edge.workerd_pid() != before
    assert _until(lambda: _is_healthy(edge))


def _is_healthy(edge: Edge) -> bool:
    try:
        return httpx.get(f"{edge.base_url}/healthz").status_code == 200
    except httpx.TransportError:
        return False  # restarting once more, for another file that changed just now


def _environment(pid: int) -> dict[str, str]:
    raw = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in raw if b"=" in entry)
