"""What a Worker's entry imports, directly and through our own modules, read from the source text.

Invariant: nothing is executed. Imports under `if TYPE_CHECKING:` do not count, because they do not
happen; all others do, wherever they stand. Third-party packages are leaves: what they need
themselves is in their metadata.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Provided by the runtime itself, inside the Python interpreter of workerd.
PLATFORM_MODULES = frozenset(
    {
        "_cloudflare",
        "_cloudflare_compat_flags",
        "_pyodide",
        "_pyodide_entrypoint_helper",
        "js",
        "pyodide",
        "pyodide_js",
    }
)
# In the standard library of the Workers' Python 3.14, perhaps not yet in ours.
_NEWER_STDLIB = frozenset({"annotationlib", "compression"})
STDLIB = frozenset(sys.stdlib_module_names) | _NEWER_STDLIB


@dataclass
class Closure:
    """The modules reached from one entry, sorted into where they come from."""

    own: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    third_party: dict[str, str] = field(default_factory=dict)
    stdlib: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)

    def third_party_packages(self) -> set[str]:
        return {module.partition(".")[0] for module in self.third_party}


def import_closure(entry: Path, vendored: Path) -> Closure:
    """Follows imports from `entry`, whose folder is the import root, through it and through
    `vendored`.

    `third_party` and `missing` map a module to the file that imports it.
    """
    root = entry.parent
    closure = Closure()
    queue = [(entry, "")]
    seen: set[Path] = set()
    while queue:
        file, package = queue.pop()
        if file in seen:
            continue
        seen.add(file)
        for module, name in imported_names(file.read_text(encoding="utf-8"), package):
            queue.extend(_resolve(module, name, root, vendored, closure, file))
    return closure


def imported_names(source: str, package: str) -> Iterator[tuple[str, str | None]]:
    """Pairs of module and imported name (None for `import module`); relative imports are made
    absolute.
    """
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join(parents[: len(parents) - node.level + 1])
                module = f"{base}.{module}".strip(".")
            for alias in node.names:
                yield module, alias.name


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.dump(tree.test):
        for statement in tree.orelse:
            yield from _executed(statement)
        return
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _executed(child)


def _resolve(
    module: str, name: str | None, root: Path, vendored: Path, closure: Closure, importer: Path
) -> list[tuple[Path, str]]:
    """Files to follow for one import; sorts it into `closure`."""
    top = module.partition(".")[0]
    own = find_module(root, module)
    if own is None and top in STDLIB:
        closure.stdlib.add(module)
        return []
    if own is None and top in PLATFORM_MODULES:
        return []
    if own is not None:
        reached, base = closure.own, root
    elif top == "shared":
        reached, base = closure.shared, vendored
    else:
        if find_module(vendored, module) is None:
            closure.missing[module] = str(importer)
        else:
            closure.third_party[module] = str(importer)
        return []
    follow = []
    parts = module.split(".")
    candidates = [".".join(parts[: end + 1]) for end in range(len(parts))]
    if name is not None and find_module(base, f"{module}.{name}") is not None:
        candidates.append(f"{module}.{name}")
    for candidate in candidates:
        found = find_module(base, candidate)
        if found is None:
            closure.missing[candidate] = str(importer)
        elif found.is_file():
            reached.add(candidate)
            is_package = found.name == "__init__.py"
            follow.append((found, candidate if is_package else candidate.rpartition(".")[0]))
    return follow


def find_module(base: Path, module: str) -> Path | None:
    """The file of `module` below `base`; the folder itself for a namespace package; None when there
    is none.
    """
    path = base.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    extension = next(path.parent.glob(f"{path.name}.*.so"), None) if path.parent.is_dir() else None
    return extension or (path if path.is_dir() else None)
