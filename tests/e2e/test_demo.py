"""The demo of the README, run as a reader would run it."""

import subprocess
import sys

from e2e.edge import ROOT, Edge


def _demo(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "runtime" / "demo.py"), "--url", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_demo_ends_with_a_verified_chain_and_a_balance_that_adds_up(edge: Edge) -> None:
    told = _demo(edge.base_url)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "chain verified" in told.stdout
    assert "deposits − withdrawals − stakes + wins" in told.stdout


def test_the_demo_says_so_when_no_edge_answers() -> None:
    told = _demo("http://127.0.0.1:9")
    assert told.returncode == 2
    assert "make dev" in told.stdout + told.stderr
