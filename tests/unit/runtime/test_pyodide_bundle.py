"""The adapter of pyodide.asm.mjs: exact about the version it knows, loud about any other."""

import json
from pathlib import Path

import pytest

from localedge.errors import SetupError
from localedge.pyodide_bundle import ADAPTATIONS, BUNDLE_FILE, KNOWN_VERSION, adapt, build

NPM_PACKAGE = Path(__file__).resolve().parents[3] / "node_modules" / "pyodide"

PLACES = {
    "compile WebAssembly": "new WebAssembly.Module(bytes);",
    "instantiate WebAssembly": "WebAssembly.instantiate(binary);",
    "read the clock": "t=Date.now();",
    "draw entropy": "crypto.getRandomValues(view);",
    "evaluate text": "eval(data);",
    "load a library's bytes": "function loadLibData(){}",
    "place a side module in memory": "getMemory(size);",
    "export the factory": "export default _createPyodideModule;",
}


def source(changes: dict[str, int] | None = None) -> str:
    """A file with every place as often as expected, but for `changes`."""
    return "\n".join(
        PLACES[place.what] * (place.times + (changes or {}).get(place.what, 0))
        for place in ADAPTATIONS
    )


def test_the_pinned_pyodide_is_adapted_completely() -> None:
    text = adapt((NPM_PACKAGE / "pyodide.asm.mjs").read_text(encoding="utf-8"))
    for forbidden in (
        "new WebAssembly.Module(",
        "WebAssembly.instantiate(",
        "crypto.getRandomValues(",
        "Date.now",
    ):
        assert forbidden not in text
    assert text.startswith("import {")
    assert text.rstrip().endswith("export{_createPyodideModule};")


def test_every_place_gets_the_platform_s_helper() -> None:
    text = adapt(source())
    for helper in ("newWasmModule(bytes)", "wasmInstantiate(binary)", "t=monotonicDateNow()"):
        assert helper in text
    assert "getRandomValues(Module,view)" in text
    assert "Module.getMemoryPatched(Module,libName,size)" in text
    assert "eval(data)" not in text


@pytest.mark.parametrize("what", sorted(PLACES))
@pytest.mark.parametrize("change", [-1, 1])
def test_a_place_found_more_or_less_often_is_refused(what: str, change: int) -> None:
    with pytest.raises(SetupError, match=f"places that {what}") as refused:
        adapt(source({what: change}))
    assert "ADAPTATIONS" in refused.value.remedy


def test_an_unknown_version_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    package, target = tmp_path / "pyodide", tmp_path / "cache"
    package.mkdir()
    (package / "package.json").write_text(json.dumps({"version": "315.0.0"}), encoding="utf-8")
    with pytest.raises(
        SetupError, match=f"version 315.0.0; the bundle step knows only {KNOWN_VERSION}"
    ):
        build(package, target)
    assert not target.exists()


def test_the_bundle_appears_under_the_name_workerd_looks_for(tmp_path: Path) -> None:
    package = tmp_path / "pyodide"
    package.mkdir()
    (package / "package.json").write_text(json.dumps({"version": KNOWN_VERSION}), encoding="utf-8")
    (package / "pyodide.asm.mjs").write_text(source(), encoding="utf-8")
    (package / "pyodide.asm.wasm").write_bytes(b"\0asm")
    (package / "python_stdlib.zip").write_bytes(b"PK")
    built = build(package, tmp_path / "cache")
    assert built.name == BUNDLE_FILE
    assert [path.name for path in built.parent.iterdir()] == [BUNDLE_FILE]
