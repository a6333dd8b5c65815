"""Files that tests send as documents: real by their frame, empty of anybody."""

import struct
import zlib
from typing import Final


def png(width: int = 64, height: int = 48, *, salt: int = 0) -> bytes:
    """A complete PNG; another `salt` is another file."""
    rows = b"".join(b"\x00" + bytes([salt % 256]) * width for _ in range(min(height, 64)))

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = chunk(b"tEXt", b"salt\x00" + str(salt).encode())
    body = chunk(b"IHDR", header) + text + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def jpeg(width: int = 64, height: int = 48, *, salt: int = 0) -> bytes:
    """The frame of a baseline JPEG with an APP0 segment before it."""
    app = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + str(salt).encode()
    return b"\xff\xd8" + app + frame + scan + b"\xff\xd9"


def pdf(inside: bytes = b"", *, salt: int = 0) -> bytes:
    """A PDF of one empty page."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        + inside
        + f"\n% {salt}\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()
    )


SAMPLES: Final = {"image/png": png(), "image/jpeg": jpeg(), "application/pdf": pdf()}
