"""A file that somebody sends as a document: what it must be before it is kept.

Nothing is decompressed or rendered here: the signature, the frame of the format and the size that a
picture claims are read from the bytes, so a hostile file costs one pass over 5 MiB at the most. A
file is what it is said to be (its bytes begin and end like it), is no bomb for the viewer of the
analyst (at most 50 million pixels), and a PDF has no scripts, no programs to launch, no files
within and no password. That is no virus scanner: a provider behind the port may be one.
"""

import re
from base64 import b64decode
from typing import Final, Literal

from shared.compliance.errors import DOCUMENT_REFUSED, DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE
from shared.compliance.rules import DocumentKind
from shared.kernel.errors import Rejected

type ContentType = Literal["image/jpeg", "image/png", "application/pdf"]

MAX_DOCUMENT_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
_PDF_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9]")
_PDF_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_ACTIVE: Final = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|ImportData|SubmitForm|Encrypt)\b"
)
_STANDALONE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def decode_base64(text: str) -> bytes:
    """The bytes of a strict base64 text (RFC 4648 §4), not longer than a document may be.

    Raises:
        Rejected: DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE.
    """
    if len(text) > (MAX_DOCUMENT_BYTES + 2) // 3 * 4:
        raise _too_large()
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise _unreadable("content_base64 is not base64") from None


def check_document(kind: DocumentKind, content_type: ContentType, content: bytes) -> None:
    """Refuse what is not a readable, harmless file of the declared type.

    Raises:
        Rejected: DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE, DOCUMENT_REFUSED.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        raise _too_large()
    if content_type == "application/pdf":
        if kind == "selfie":
            raise Rejected(DOCUMENT_REFUSED, "A selfie is a picture, not a PDF.")
        _check_pdf(content)
        return
    size = _png_size(content) if content_type == "image/png" else _jpeg_size(content)
    if size is None:
        raise _unreadable(f"the file is not a complete {content_type}")
    width, height = size
    if not 0 < width * height <= MAX_PIXELS:
        raise Rejected(DOCUMENT_REFUSED, "A picture has between 1 and 50 million pixels.")


def _check_pdf(content: bytes) -> None:
    if not _PDF_HEADER.match(content) or b"%%EOF" not in content[-1024:]:
        raise _unreadable("the file is not a complete application/pdf")
    # A name may be written with escapes: /#4aavaScript is /JavaScript (ISO 32000-1 §7.3.5).
    plain = _PDF_NAME_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), content)
    if _PDF_ACTIVE.search(plain):
        raise Rejected(
            DOCUMENT_REFUSED, "A PDF with scripts, files, forms or a password is not accepted."
        )


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG (W3C PNG §11.2.2); None when it is none or is cut off."""
    if not content.startswith(_PNG_SIGNATURE) or not content.endswith(_PNG_END):
        return None
    if content[8:16] != b"\x00\x00\x00\x0dIHDR":
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header of a JPEG (ITU-T T.81 §B.2.2); None when it is none.

    Cameras write padding behind the end marker, so it only has to be there after the frame.
    """
    if not content.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in content[-4096:]:
        return None
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _STANDALONE_MARKERS:
            place += 2
        elif marker in _FRAME_MARKERS:
            height = int.from_bytes(content[place + 5 : place + 7])
            return int.from_bytes(content[place + 7 : place + 9]), height
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return None


def _too_large() -> Rejected:
    return Rejected(DOCUMENT_TOO_LARGE, "A document has at most 5 MiB.", limit=MAX_DOCUMENT_BYTES)


def _unreadable(why: str) -> Rejected:
    return Rejected(DOCUMENT_UNREADABLE, f"{why[0].upper()}{why[1:]}.")
