"""Files that are generated from the code and committed: written, or with `--check` compared."""

import sys
from pathlib import Path


def write_or_compare(path: Path, wanted: str) -> int:
    """Exit status of a generator: 0 when `path` holds `wanted`, which it does unless `--check` was
    asked for; 1 with the way to mend it on standard error.
    """
    if "--check" not in sys.argv[1:]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{path.name} differs from the code it is made of: run `make openapi`", file=sys.stderr)
    return 1
