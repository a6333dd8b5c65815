"""The host's small parts in Node: cron expressions, options, which modules a Worker gets."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
NODE = ROOT / ".cache" / "bin" / "node"


def node(module: str, expression: str) -> Any:
    """Evaluates `expression` with the module's exports as `m`; a thrown error becomes its
    message.
    """
    script = (
        f"const m = await import({json.dumps(str(ROOT / 'runtime' / 'host' / module))});"
        f"let r; try {{ r = {expression} }} catch (e) {{ r = `error: ${{e.message}}` }}"
        "console.log(JSON.stringify(r));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_cron_expressions_match_the_minutes_they_say() -> None:
    # 2026-11-22 is a Sunday, day 1 of Cloudflare's week.
    cases = {
        ("*/5 * * * *", "2026-11-22T10:05:00Z"): True,
        ("*/5 * * * *", "2026-11-22T10:06:00Z"): False,
        ("0 3 * * *", "2026-11-22T03:00:00Z"): True,
        ("0 3 * * *", "2026-11-22T04:00:00Z"): False,
        ("10-20/5,59 * * * *", "2026-11-22T04:15:00Z"): True,
        ("10-20/5,59 * * * *", "2026-11-22T04:16:00Z"): False,
        ("10-20/5,59 * * * *", "2026-11-22T04:59:00Z"): True,
        ("0 0 1 1 *", "2027-01-01T00:00:00Z"): True,
        ("0 0 * * 1", "2026-11-22T00:00:00Z"): True,
        ("0 0 * * 2", "2026-11-22T00:00:00Z"): False,
    }
    pairs = json.dumps([list(case) for case in cases])
    assert node("cron.mjs", f"{pairs}.map(([c, t]) => m.parseCron(c)(new Date(t)))") == list(
        cases.values()
    )


@pytest.mark.parametrize("cron", ["* * * *", "0 0 L * *", "0 0 * * MON"])
def test_a_cron_expression_that_is_not_understood_is_refused(cron: str) -> None:
    assert node("cron.mjs", f"m.parseCron({json.dumps(cron)})").startswith(f'error: cron "{cron}"')


def test_options_come_from_the_command_line_before_the_environment() -> None:
    arguments = ["--port", "0", "--no-watch", "--var", "api:PROFILE=a=b"]
    options = node(
        "options.mjs", f"m.readOptions({json.dumps(arguments)}, {{PORT: '1', STATE: 's'}})"
    )
    assert (options["port"], options["state"], options["watch"], options["cron"]) == (
        0,
        "s",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "many"], '"many" is not a port'),
        (["--port", "65536"], '"65536" is not a port'),
        (["--var", "PROFILE=x"], '"PROFILE=x" is not of the form'),
        (["--what"], "Usage"),
    ],
)
def test_wrong_options_are_explained(arguments: list[str], message: str) -> None:
    assert message in node("options.mjs", f"m.readOptions({json.dumps(arguments)}, {{}})")


def test_a_worker_gets_its_folder_the_packages_and_the_domain_without_native_adapters() -> None:
    main = json.dumps(str(ROOT / "workers" / "wallet_do" / "entry.py"))
    modules = node(
        "modules.mjs", f"m.workerModules({main}, ['pydantic*/**']).map((x) => [x.type, x.path])"
    )
    kinds = {path: kind for kind, path in modules}
    assert modules[0] == ["PythonModule", "entry.py"]
    assert kinds["python_modules/shared/__init__.py"] == "Data"
    assert kinds["python_modules/workers/workflows.js"] == "ESModule"
    assert not [
        path for path in kinds if "/pydantic" in path or "native" in path or "__pycache__" in path
    ]
