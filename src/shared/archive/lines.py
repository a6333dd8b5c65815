"""Lines of JSON in one gzip file, byte for byte the same for the same lines.

No time and no file name go into the header, so a repeated write is the same object with the same
SHA-256, and DuckDB, `zcat` and pandas read it as it is.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

MEDIA_TYPE: Final = "application/gzip"
_LEVEL: Final = 6


def pack_lines(lines: Iterable[str]) -> bytes:
    """The gzip file (RFC 1952) of `lines`, each followed by a line feed."""
    text = "".join(f"{line}\n" for line in lines).encode()
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


def unpack_lines(packed: bytes) -> Iterator[str]:
    """The lines of a file that `pack_lines` made."""
    yield from gzip.decompress(packed).decode().splitlines()
