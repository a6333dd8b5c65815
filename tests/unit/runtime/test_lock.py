"""What pins dependencies names no host, and npm's lock is complete on every platform."""

import json
import re
from pathlib import Path

import pytest
from lock import complete_workerd

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "name", ["requirements/dev.txt", "requirements/worker.txt", "requirements/uv.txt"]
)
def test_requirements_have_hashes_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "no option, hence no index"
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_npm_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]


def test_the_npm_lock_has_workerd_for_every_platform(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    packages = {
        "": {},
        "node_modules/workerd": {
            "optionalDependencies": {
                "@cloudflare/workerd-linux-64": "1.2",
                "@cloudflare/workerd-darwin-arm64": "1.2",
                "@cloudflare/workerd-windows-64": "1.2",
            }
        },
        "node_modules/@cloudflare/workerd-linux-64": {
            "version": "1.2",
            "integrity": "sha512-x",
            "cpu": ["x64"],
            "os": ["linux"],
            "optional": True,
        },
    }
    lock.write_text(json.dumps({"packages": packages}), encoding="utf-8")
    complete_workerd(lock)
    done = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert done["node_modules/@cloudflare/workerd-darwin-arm64"] == {
        "version": "1.2",
        "cpu": ["arm64"],
        "os": ["darwin"],
        "optional": True,
    }
    assert done["node_modules/@cloudflare/workerd-windows-64"]["os"] == ["win32"]
    assert done["node_modules/@cloudflare/workerd-linux-64"]["integrity"] == "sha512-x"
