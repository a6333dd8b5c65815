"""Two implementations of the audit, one verdict: Python's and the browser's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from audit import audit, main

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "runtime" / "audit.py"
NODE = ROOT / ".cache" / "bin" / "node"
VECTORS = ROOT / "tests" / "vectors" / "audit.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
TRUE = CASES[0]

_PROGRAM = """
import { readFileSync } from "node:fs";
const { audit } = await import(process.argv[1]);
const { cases } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const reports = [];
for (const { statements, anchors } of cases) reports.push(await audit(statements, anchors));
console.log(JSON.stringify(reports));
"""


def in_python(case: dict[str, Any]) -> dict[str, Any]:
    report = audit(case["statements"], case["anchors"])
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


@pytest.fixture(scope="module")
def in_javascript() -> list[dict[str, Any]]:
    module = (ROOT / "web" / "js" / "audit.js").as_uri()
    ran = subprocess.run(
        [NODE, "--input-type=module", "-e", _PROGRAM, module, VECTORS],
        capture_output=True,
        text=True,
        check=True,
    )
    reports: list[dict[str, Any]] = json.loads(ran.stdout)
    return reports


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_each_vector_gets_its_verdict(case: dict[str, Any]) -> None:
    report = in_python(case)
    assert (report["law"], report["broken_at"]) == (case["law"], case["at"])
    assert report["ok"] == (case["law"] is None)


def test_the_browser_s_report_is_the_same_in_every_member(
    in_javascript: list[dict[str, Any]],
) -> None:
    assert len(in_javascript) == len(CASES)
    for case, report in zip(CASES, in_javascript, strict=True):
        assert report == in_python(case), case["why"]


def test_a_true_statement_is_told_with_its_balances_and_days() -> None:
    report = in_python(TRUE)
    assert report["balances"] == {"cash": 5_800, "bonus": 0, "held": 0}
    assert report["totals"]["WIN"] == 900
    assert report["proved"] == report["published"] == ["2026-11-22", "2026-11-23"]


def write(folder: Path, name: str, document: object) -> str:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_the_tool_runs_alone_and_says_what_it_found(tmp_path: Path) -> None:
    """`-I`: no site packages, no code of ours on the path."""
    statement = write(tmp_path, "s.json", TRUE["statements"][0])
    proof = write(tmp_path, "p.json", TRUE["anchors"][1])
    page = write(tmp_path, "a.json", TRUE["anchors"][0])
    command = [sys.executable, "-I", str(TOOL), statement, "--anchor", proof, "--anchor", page]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "PROVED: the statement holds"
    assert "2026-11-22, under the published root" in ran.stdout


def test_the_exit_status_tells_refuted_from_unreadable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = next(case for case in CASES if case["why"] == "a changed amount")
    assert main([write(tmp_path, "s.json", changed["statements"][0])]) == 1
    assert capsys.readouterr().out == "REFUTED: the law 'hash' does not hold at 2\n"
    assert main([write(tmp_path, "t.json", ["no", "object"])]) == 2
    assert main([str(tmp_path / "absent.json")]) == 2
    proof_alone = write(tmp_path, "p.json", TRUE["anchors"][1])
    statement = write(tmp_path, "u.json", TRUE["statements"][0])
    capsys.readouterr()
    assert main([statement, "--anchor", proof_alone]) == 0
    assert "root not compared" in capsys.readouterr().out
