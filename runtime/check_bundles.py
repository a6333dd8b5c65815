"""Checks what `wrangler deploy` would upload for each Worker: `make bundles`.

- everything that the entry imports, and what those packages need in turn, is in the bundle;
- no package is uploaded that nothing imports;
- the wallet imports no third-party package but the SDK;
- no adapter for CPython, no bytecode and no secret is uploaded;
- the platform's size limit is kept.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from deployment import ENTRY, ENVIRONMENTS, bundle, modules
from import_closure import Closure, import_closure
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SDK: Final = "workers-runtime-sdk"
WITHOUT_THIRD_PARTY: Final = ("wallet_do",)
SIZE_LIMIT_BYTES: Final = 64 * 1024 * 1024
FORBIDDEN: Final = re.compile(r"__pycache__|\.pyc$|\.dev\.vars|(^|/)\.env|/shared/platform/native/")
# What markers of requirements are evaluated against: the interpreter of the Workers.
WORKER_MARKERS: Final = {
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "extra": "",
}


class Vendored:
    """The distributions in a bundle's `python_modules`."""

    def __init__(self, folder: Path) -> None:
        self.packages = {
            str(canonicalize_name(found.name)): found for found in distributions(path=[str(folder)])
        }
        self.provider_of = dict(_providers(self.packages))

    def with_requirements(self, needed: Iterable[str]) -> set[str]:
        """The distributions in `needed` and, through `Requires-Dist`, all that they need."""
        queue = sorted(needed)
        seen = set(queue)
        while queue:
            name = queue.pop()
            requirements = self.packages[name].requires if name in self.packages else None
            for text in requirements or []:
                requirement = Requirement(text)
                wanted = str(canonicalize_name(requirement.name))
                applies = requirement.marker is None or requirement.marker.evaluate(WORKER_MARKERS)
                if applies and wanted not in seen:
                    seen.add(wanted)
                    queue.append(wanted)
        return seen


def _providers(packages: Mapping[str, Distribution]) -> Iterator[tuple[str, str]]:
    for name, package in packages.items():
        for file in package.files or []:
            yield file.parts[0].partition(".")[0], name


def problems_of(environment: str, folder: Path) -> list[str]:
    """What is wrong with one bundle, a sentence each; prints a line about it."""
    vendored = Vendored(folder / "python_modules")
    closure = import_closure(folder / ENTRY, folder / "python_modules")
    names = modules(folder)
    size = sum((folder / name).stat().st_size for name in names)
    third_party = sorted(closure.third_party_packages())
    print(
        f"{environment:<11}{len(names):>5} modules{size / 1024:>7.0f} KiB, reaches"
        f" {len(closure.own)} own and {len(closure.shared)} shared modules,"
        f" {', '.join(third_party)}"
    )
    problems = [f"{by} imports {module}, which is absent" for module, by in closure.missing.items()]
    needed = vendored.with_requirements(_needed(closure, vendored))
    present = set(vendored.packages)
    problems += [f"{name} is needed, but not in the bundle" for name in needed - present]
    problems += [
        f"{name} is uploaded, but nothing imports it: add it to python_modules.exclude"
        for name in present - needed - {SDK}
    ]
    problems += [f"{name} must not be uploaded" for name in names if FORBIDDEN.search(name)]
    if environment in WITHOUT_THIRD_PARTY:
        problems += _third_party(closure, vendored, names)
    if size > SIZE_LIMIT_BYTES:
        problems.append(f"{size} bytes are over the platform's limit of {SIZE_LIMIT_BYTES}")
    return problems


def _needed(closure: Closure, vendored: Vendored) -> set[str]:
    needed = {vendored.provider_of.get(top, top) for top in closure.third_party_packages()}
    # The interpreter has no time zone database of its own.
    return needed | ({"tzdata"} if "zoneinfo" in closure.stdlib else set())


def _third_party(closure: Closure, vendored: Vendored, names: list[str]) -> Iterator[str]:
    for module, by in closure.third_party.items():
        if vendored.provider_of.get(module.partition(".")[0]) != SDK:
            yield f"{by} imports the third-party module {module}"
    allowed = {top for top, name in vendored.provider_of.items() if name == SDK} | {"shared"}
    tops = {name.split("/")[1] for name in names if name.startswith("python_modules/")}
    for top in sorted(tops):
        if top.partition(".")[0] not in allowed and not top.startswith(SDK.replace("-", "_")):
            yield f"python_modules/{top} is uploaded, but is neither the SDK nor ours"


def main() -> int:
    failed = 0
    for environment in ENVIRONMENTS:
        for problem in problems_of(environment, bundle(environment)):
            print(f"{environment}: {problem}", file=sys.stderr)
            failed += 1
    print(f"bundles: {failed} problems" if failed else "bundles: complete, and nothing too much")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
