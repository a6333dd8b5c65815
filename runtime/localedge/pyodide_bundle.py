"""Builds workerd's Pyodide bundle from the npm package `pyodide`.

workerd carries all of its Python glue, but downloads the interpreter itself as a bundle of three
modules. The same three files are in the npm package; only `pyodide.asm.mjs` has to be adapted,
because inside workerd an ES module may not compile WebAssembly, read the clock or draw entropy by
itself: the helpers of workerd's `pyodide-internal:builtin_wrappers` do it, under the platform's
control.

Invariant: every place that is adapted is found exactly as often as in the version it was written
for. A Pyodide that moved one of them is refused, never half-adapted.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from localedge.capnp import Kind, Module, encode_bundle
from localedge.errors import SetupError
from localedge.files import replace_file

KNOWN_VERSION = "314.0.6"
BUNDLE_FILE = "pyodide_dev.capnp.bin"

_PRELUDE = """\
import {
  addEventListener, getRandomValues, location, monotonicDateNow,
  newWasmModule, patchedLoadLibData, wasmInstantiate,
} from "pyodide-internal:builtin_wrappers";
"""

_NO_EVAL = (
    '(()=>{throw new Error("the interpreter tried to eval JavaScript, which Workers forbid")})()'
)

_LOAD_LIB_DATA = (
    "function loadLibData(){"
    "var libData=patchedLoadLibData(Module,libName,flags.rpath);"
    "return flags.loadAsync?Promise.resolve(libData):libData}"
    "function loadLibDataOfEmscripten(){"
)


class Adaptation(NamedTuple):
    """One kind of place in `pyodide.asm.mjs`: what it looks like, what it becomes, how often it
    occurs.
    """

    what: str
    pattern: str
    replacement: str
    times: int


ADAPTATIONS = (
    Adaptation("compile WebAssembly", r"new WebAssembly\.Module\(", "newWasmModule(", 4),
    Adaptation("instantiate WebAssembly", r"WebAssembly\.instantiate\(", "wasmInstantiate(", 2),
    Adaptation("read the clock", r"\bDate\.now\b", "monotonicDateNow", 22),
    Adaptation("draw entropy", r"\bcrypto\.getRandomValues\(", "getRandomValues(Module,", 1),
    Adaptation(
        "evaluate text", r"(?<![\w.$])eval\((?:func|data|UTF8ToString\(ptr\))\)", _NO_EVAL, 6
    ),
    Adaptation("load a library's bytes", r"function loadLibData\(\)\{", _LOAD_LIB_DATA, 1),
    Adaptation(
        "place a side module in memory",
        r"(?<![\w.$\"])getMemory\(",
        "Module.getMemoryPatched(Module,libName,",
        1,
    ),
    Adaptation(
        "export the factory",
        r"export default _createPyodideModule;",
        "export{_createPyodideModule};",
        1,
    ),
)


def adapt(source: str) -> str:
    """Returns `pyodide.asm.mjs` as workerd can load it.

    Raises SetupError naming the first place that is not found exactly as often as expected.
    """
    for place in ADAPTATIONS:
        source, found = re.subn(place.pattern, place.replacement, source)
        if found != place.times:
            raise SetupError(
                f"pyodide.asm.mjs has {found} places that {place.what};"
                f" Pyodide {KNOWN_VERSION} has {place.times}.",
                "Install the pinned version again (npm ci), or, when you upgrade Pyodide, review"
                " ADAPTATIONS in runtime/localedge/pyodide_bundle.py against the new file and"
                " workerd's src/pyodide/helpers.bzl.",
            )
    return _PRELUDE + source


def build(package: Path, target_folder: Path) -> Path:
    """Writes the bundle of the npm package `package` into `target_folder`; returns its path."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if version != KNOWN_VERSION:
        raise SetupError(
            f"node_modules/pyodide is version {version}; the bundle step knows only"
            f" {KNOWN_VERSION}.",
            f"Pin pyodide to {KNOWN_VERSION} in package.json, or teach"
            " runtime/localedge/pyodide_bundle.py the new version: compare the places it adapts,"
            " then change KNOWN_VERSION.",
        )
    source = adapt((package / "pyodide.asm.mjs").read_text(encoding="utf-8"))
    names = "pyodideRuntime-internal:"
    message = encode_bundle(
        [
            Module(names + "pyodide.asm", Kind.SRC, source.encode()),
            Module(
                names + "pyodide.asm.wasm", Kind.WASM, (package / "pyodide.asm.wasm").read_bytes()
            ),
            Module(
                names + "python_stdlib.zip", Kind.DATA, (package / "python_stdlib.zip").read_bytes()
            ),
        ]
    )
    target_folder.mkdir(parents=True, exist_ok=True)
    target = target_folder / BUNDLE_FILE
    replace_file(target, message)
    return target
