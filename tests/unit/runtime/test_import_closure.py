"""The import closure of a Worker, over small trees."""

from pathlib import Path

import pytest
from import_closure import Closure, import_closure


def closure_of(tmp_path: Path, files: dict[str, str]) -> Closure:
    """Writes files, those below `python_modules/` as vendored ones, and follows `entry.py`."""
    root = tmp_path / "worker"
    vendored = tmp_path / "python_modules"
    vendored.mkdir()
    for name, text in files.items():
        path = (tmp_path if name.startswith("python_modules/") else root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return import_closure(root / "entry.py", vendored)


def test_own_shared_and_third_party_modules_are_told_apart(tmp_path: Path) -> None:
    entry = (
        "import json\nimport js\nfrom jobs import scan\nfrom shared.wallet import model\nimport jwt"
    )
    files = {
        "entry.py": entry,
        "jobs/scan.py": "import hashlib",
        "python_modules/shared/wallet/model.py": "import dataclasses",
        "python_modules/jwt.py": "import cryptography",
    }
    found = closure_of(tmp_path, files)
    assert found.own == {"jobs.scan"}
    assert found.shared == {"shared.wallet.model"}
    assert set(found.third_party) == {"jwt"}
    assert {"json", "hashlib", "dataclasses"} <= found.stdlib
    assert found.missing == {}


def test_what_is_imported_inside_a_function_counts(tmp_path: Path) -> None:
    found = closure_of(tmp_path, {"entry.py": "def late():\n    import pydantic\n"})
    assert set(found.missing) == {"pydantic"}


def test_type_checking_imports_do_not_count(tmp_path: Path) -> None:
    text = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import pydantic
else:
    import nothing
"""
    assert set(closure_of(tmp_path, {"entry.py": text}).missing) == {"nothing"}


def test_relative_imports_follow_the_package(tmp_path: Path) -> None:
    files = {
        "entry.py": "import shared.a.one",
        "python_modules/shared/__init__.py": "",
        "python_modules/shared/a/__init__.py": "from . import two",
        "python_modules/shared/a/one.py": "from ..b import three",
        "python_modules/shared/a/two.py": "",
        "python_modules/shared/b/three.py": "from .four import thing",
        "python_modules/shared/b/four.py": "thing = 1",
    }
    found = closure_of(tmp_path, files)
    assert found.shared >= {"shared.a.one", "shared.a.two", "shared.b.three", "shared.b.four"}
    assert found.missing == {}


def test_a_missing_shared_module_is_named_with_its_importer(tmp_path: Path) -> None:
    files = {"entry.py": "import shared.gone", "python_modules/shared/__init__.py": ""}
    assert closure_of(tmp_path, files).missing["shared.gone"].endswith("entry.py")


@pytest.mark.parametrize("name", ["workers", "pydantic"])
def test_a_package_beside_the_entry_hides_a_vendored_one(tmp_path: Path, name: str) -> None:
    files = {
        "entry.py": f"import {name}",
        f"{name}.py": "",
        f"python_modules/{name}/__init__.py": "",
    }
    found = closure_of(tmp_path, files)
    assert found.own == {name}
    assert found.third_party == {}
