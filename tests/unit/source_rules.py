"""The boundaries of the house as rules over syntax trees; `test_boundaries.py` applies them.

A rule takes one module and names each place that breaks it.
"""

import ast
import sys
from collections.abc import Callable
from typing import Final

from unit.source_modules import Module, calls_at_import

FOREIGN: Final = ("js", "pyodide", "pyodide_js", "workers", "asgi")
"""Top-level packages of the Workers runtime and its SDK, beside what begins with these:"""
FOREIGN_PREFIXES: Final = ("_pyodide", "_workers", "_cloudflare")

ADAPTERS: Final = "shared.platform.workerd"
NATIVE: Final = "shared.platform.native"
NOT_A_CONTEXT: Final = ("kernel", "platform")

WORLD_CALLS: Final = frozenset(
    """
    time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns
    time.localtime time.gmtime time.sleep
    datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
    os.urandom os.getrandom
    secrets.token_bytes secrets.token_hex secrets.token_urlsafe secrets.randbelow secrets.randbits
    secrets.choice secrets.SystemRandom
    uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7
    """.split()  # noqa: SIM905 - a list of this length is read better without quotes
)
"""Calls whose answer depends on when or where they are made."""


type Rule = Callable[[Module], list[str]]


def only_the_adapters_know_the_runtime(module: Module) -> list[str]:
    """The runtime's packages are imported in `shared.platform.workerd` and nowhere else."""
    if _is_within(module.name, ADAPTERS):
        return []
    return [
        module.broken(found.line, f"imports {found.name}, which only {ADAPTERS} may")
        for found in module.imports()
        if found.top in FOREIGN or found.top.startswith(FOREIGN_PREFIXES)
    ]


def only_the_native_adapters_know_sqlite(module: Module) -> list[str]:
    """`sqlite3` imports inside a Worker too, but is not the object's storage."""
    if _is_within(module.name, NATIVE):
        return []
    return [
        module.broken(found.line, f"imports {found.name}, which only {NATIVE} may")
        for found in module.imports()
        if found.top in ("sqlite3", "_sqlite3") or found.is_within(NATIVE)
    ]


def nothing_is_imported_by_a_computed_name(module: Module) -> list[str]:
    """An import that syntax does not show would escape every other rule."""
    by_call = [
        module.broken(node.lineno, f"calls {module.called(node)}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and module.called(node) in ("__import__", "importlib.import_module")
    ]
    by_star = [
        module.broken(node.lineno, "imports *")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    return by_call + by_star


def a_context_knows_only_the_models_of_others(module: Module) -> list[str]:
    """Inwards only: kernel, ports, itself, and `model` of another context; kernel knows nobody."""
    _, _, below = module.name.partition(".")
    context = below.partition(".")[0]
    allowed: tuple[str, ...] = ("shared.kernel",)
    if context == "platform":
        allowed += ("shared.platform",)
    elif context != "kernel":
        allowed += (f"shared.{context}", "shared.platform.ports")
    return [
        module.broken(found.line, f"imports {found.name}")
        for found in module.imports()
        if found.top == "shared"
        and found.name != "shared"
        and not any(found.is_within(package) for package in allowed)
        and not (context not in NOT_A_CONTEXT and _is_a_model(found.name))
    ]


def pydantic_stays_at_the_edge(module: Module) -> list[str]:
    """In `src/shared` only a `schemas` module may use pydantic; the wallet's context has none."""
    if module.name.endswith(".schemas") and not _is_within(module.name, "shared.wallet"):
        return []
    return [
        module.broken(found.line, f"imports {found.name} outside schemas")
        for found in module.imports()
        if found.top in ("pydantic", "pydantic_core")
    ]


def chance_is_never_pythons(module: Module) -> list[str]:
    """`random` is a generator that can be predicted; entropy comes from the `Entropy` port."""
    return [
        module.broken(found.line, "imports random")
        for found in module.imports()
        if found.top == "random"
    ]


def nothing_runs_beside(module: Module) -> list[str]:
    """There are no threads and no processes in a Worker."""
    beside = ("threading", "multiprocessing", "subprocess", "concurrent")
    return [
        module.broken(found.line, f"imports {found.name}")
        for found in module.imports()
        if found.top in beside
    ]


def nothing_at_import_depends_on_the_moment(module: Module) -> list[str]:
    """A snapshot is taken after import: time is 0 there and chance would be the same everywhere."""
    return [
        module.broken(call.lineno, f"calls {module.called(call)} while it is imported")
        for call in calls_at_import(module.tree)
        if module.called(call) in WORLD_CALLS
        or module.called(call).rpartition(".")[2] in ("now_ms", "token")
    ]


def time_and_chance_are_arguments(module: Module) -> list[str]:
    """Outside the platform nobody asks the machine: `Clock` and `Entropy` are handed in.

    Besides, Python's clock runs ahead of the platform's: see `shared.platform.workerd.clock`.
    """
    if _is_within(module.name, "shared.platform"):
        return []
    return [
        module.broken(node.lineno, f"calls {module.called(node)}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and module.called(node) in WORLD_CALLS
    ]


def money_is_never_a_float(module: Module) -> list[str]:
    """No float literal, no true division, no `float()`: money is an `int` of minor units."""
    broken = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            broken.append(module.broken(node.lineno, f"has the float {node.value}"))
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            broken.append(module.broken(node.lineno, "divides with /, whose result is a float"))
        elif isinstance(node, ast.Call) and module.called(node) == "float":
            broken.append(module.broken(node.lineno, "calls float"))
    return broken


def third_parties_of(entries: list[Module], known: dict[str, Module]) -> dict[str, list[str]]:
    """Packages that are neither ours, nor Python's, nor the runtime's, and who imports them.

    Follows every import from `entries` through `known`, the modules that can be reached by name.
    """
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module.name in seen:
            continue
        seen.add(module.name)
        for item in module.imports():
            reached = _reached(item.name, known)
            waiting.extend(reached)
            foreign = item.top in FOREIGN or item.top.startswith(FOREIGN_PREFIXES)
            if not (reached or foreign or item.top in sys.stdlib_module_names):
                found.setdefault(item.top, []).append(f"{module.where}:{item.line}")
    return found


def _reached(name: str, known: dict[str, Module]) -> list[Module]:
    """Importing `a.b.c` runs `a`, `a.b` and, when it is a module, `a.b.c`."""
    parts = name.split(".")
    names = [".".join(parts[: count + 1]) for count in range(len(parts))]
    return [known[part] for part in names if part in known]


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _is_a_model(name: str) -> bool:
    """`shared.<context>.model`, or a name in it."""
    parts = name.split(".")
    return len(parts) >= 3 and parts[1] not in NOT_A_CONTEXT and parts[2] == "model"
