"""The bundle checker says what is missing, what is too much, and what the wallet must not have."""

from collections.abc import Callable
from pathlib import Path

import pytest
from check_bundles import problems_of

type Bundle = Callable[..., Path]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """Makes a bundle of an entry and of distributions `{name: (top-level module, requirement)}`."""

    def make(entry: str, **distributions: tuple[str, str]) -> Path:
        vendored = tmp_path / "python_modules"
        for name, (module, requirement) in {
            "workers_runtime_sdk": ("workers", ""),
            **distributions,
        }.items():
            info = vendored / f"{name}-1.0.dist-info"
            info.mkdir(parents=True)
            requires = f"Requires-Dist: {requirement}\n" if requirement else ""
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}"
            (info / "METADATA").write_text(metadata, encoding="utf-8")
            (info / "RECORD").write_text(f"{module}/__init__.py,,\n", encoding="utf-8")
            (vendored / module).mkdir()
            (vendored / module / "__init__.py").touch()
        (tmp_path / "entry.py").write_text(entry, encoding="utf-8")
        return tmp_path

    return make


def test_a_complete_bundle_has_no_problem(bundle: Bundle) -> None:
    folder = bundle("import workers, jwt", pyjwt=("jwt", ""))
    assert problems_of("api", folder) == []


def test_an_import_that_is_absent_is_named(bundle: Bundle) -> None:
    (problem,) = problems_of("api", bundle("import workers\nimport pydantic"))
    assert "imports pydantic, which is absent" in problem


def test_what_a_package_needs_is_needed(bundle: Bundle) -> None:
    folder = bundle("import pydantic", pydantic=("pydantic", "pydantic-core==1"))
    assert problems_of("api", folder) == ["pydantic-core is needed, but not in the bundle"]


@pytest.mark.parametrize(
    "marker", ["extra == 'crypto'", "python_version < '3.11'", "sys_platform == 'win32'"]
)
def test_what_it_needs_elsewhere_only_is_not(bundle: Bundle, marker: str) -> None:
    assert problems_of("api", bundle("import jwt", pyjwt=("jwt", f"other; {marker}"))) == []


def test_a_package_that_nothing_imports_is_too_much(bundle: Bundle) -> None:
    (problem,) = problems_of("api", bundle("import workers", tzdata=("tzdata", "")))
    assert problem.startswith("tzdata is uploaded, but nothing imports it")


def test_time_zones_need_their_database(bundle: Bundle) -> None:
    assert problems_of("api", bundle("import zoneinfo")) == [
        "tzdata is needed, but not in the bundle"
    ]


def test_the_wallet_imports_nothing_of_others(bundle: Bundle) -> None:
    problems = problems_of("wallet_do", bundle("import workers, jwt", pyjwt=("jwt", "")))
    assert any("imports the third-party module jwt" in problem for problem in problems)
    assert any("python_modules/jwt is uploaded" in problem for problem in problems)


@pytest.mark.parametrize(
    "name",
    [".dev.vars.api", "__pycache__/entry.pyc", "python_modules/shared/platform/native/sql.py"],
)
def test_what_must_never_be_uploaded_is_named(bundle: Bundle, name: str) -> None:
    folder = bundle("import workers")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    assert problems_of("api", folder) == [f"{name} must not be uploaded"]
