"""A step is done when its stamp holds the digest of its inputs and its outputs exist.

Invariant: the stamp is removed before a step begins and written after it ended, so an interrupted
step is not done. A stamp also carries when its step ran: what depends on that step is then due
again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from localedge.files import replace_file

_IGNORED = ("__pycache__",)


def digest(parts: Iterable[str | Path]) -> str:
    """SHA-256 over texts and files, folders with all that lies below them; a missing file counts as
    such.
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            _add(total, b"text", part.encode())
            continue
        for file in [part] if not part.is_dir() else list_files(part):
            _add(total, b"file", str(file.relative_to(part.parent)).encode())
            _add(total, b"content", file.read_bytes() if file.is_file() else b"")
    return total.hexdigest()


def _add(total: hashlib._Hash, kind: bytes, content: bytes) -> None:
    total.update(kind + b" %d " % len(content))
    total.update(content)


def list_files(folder: Path) -> list[Path]:
    """Every file below `folder` in a stable order, without what Python writes beside sources."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(name in _IGNORED for name in path.parts)
    )


class Stamps:
    """The stamps of one checkout, one small file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_fresh(self, name: str, inputs: str, outputs: Sequence[Path]) -> bool:
        """Whether step `name` ran to its end with these inputs and its outputs are still there."""
        return self.read(name).split(" ")[0] == inputs and all(path.exists() for path in outputs)

    def read(self, name: str) -> str:
        """The stamp's text, empty when the step has not ended."""
        try:
            return (self._folder / name).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def clear(self, name: str) -> None:
        """Makes the step due."""
        path = self._folder / name
        if path.exists():
            path.unlink()

    def write(self, name: str, inputs: str) -> None:
        """Makes the step done for these inputs."""
        replace_file(self._folder / name, f"{inputs} {time.time_ns()}".encode("ascii"))
