"""Files and folders appear whole or not at all: written beside their place, then renamed into
it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def replace_file(target: Path, content: bytes, mode: int | None = None) -> None:
    """Puts `content` at `target` in one step; an interrupted call leaves the old file as it was."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=str(target.parent))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644 if mode is None else mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink()
        raise


def replace_folder(target: Path, built: Path) -> None:
    """Moves the finished folder `built` to `target`, removing what was there before.

    Both must be on one file system. Between the two renames `target` is absent; its stamp is not
    yet written then, so the next run builds it again.
    """
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=str(target.parent)))
        target.rename(old / target.name)
        shutil.rmtree(str(old))
    built.rename(target)
