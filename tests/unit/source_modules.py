"""Modules as syntax trees: what they import, and what they call while they are imported.

Nothing is imported to look at it: code that breaks a rule may not even load here.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports: `from a import b` is `a.b`, which may be a module or not."""

    name: str
    line: int

    def is_within(self, package: str) -> bool:
        """True for the package itself and everything below it."""
        return self.name == package or self.name.startswith(package + ".")

    @property
    def top(self) -> str:
        """The top-level package."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module; `name` as Python imports it, `where` as a person finds it."""

    name: str
    where: str
    tree: ast.Module

    def imports(self) -> list[Import]:
        """Every import anywhere in the module, in functions too."""
        return list(_imports(self.tree, self.name, is_package=self.where.endswith("__init__.py")))

    def called(self, call: ast.Call) -> str:
        """The full name of what is called, whatever the module calls it."""
        first, dot, rest = _dotted(call.func).partition(".")
        return _aliases(self.tree).get(first, first) + dot + rest

    def broken(self, line: int, what: str) -> str:
        """How a broken rule is reported."""
        return f"{self.where}:{line}: {what}"


def module_of(name: str, source: str) -> Module:
    """A module from text, as samples in tests are."""
    return Module(name, f"<{name}>", ast.parse(source))


@cache
def modules_below(folder: str, prefix: str = "") -> tuple[Module, ...]:
    """Every module below `folder`, which is an import root, with `prefix` before its name."""
    root = ROOT / folder
    found = []
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        name = ".".join(part for part in (prefix, *parts) if part and part != "__init__")
        found.append(Module(name, str(file.relative_to(ROOT)), ast.parse(file.read_bytes())))
    return tuple(found)


def _imports(tree: ast.Module, importer: str, *, is_package: bool) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = importer.split(".")
                kept = parents[: len(parents) - node.level + is_package]
                base = ".".join([*kept, base] if base else kept)
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)


@cache
def _aliases(tree: ast.Module) -> dict[str, str]:
    """What a name that the module imported stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return found


def calls_at_import(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls outside function bodies: at module level, in class bodies, decorators and defaults."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = [value for value in node.args.kw_defaults if value is not None]
            waiting += [*node.decorator_list, *node.args.defaults, *defaults]
        elif not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression; of a call or anything else, only what follows it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""
