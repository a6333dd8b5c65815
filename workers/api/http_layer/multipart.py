"""Reading `multipart/form-data` (RFC 7578): a few named parts, each once, nothing guessed.

The whole body has been read and capped before. A part has a name and perhaps a file name and a
type; transfer encodings, nested multiparts and preambles are refused, because no browser sends them
and each of them is a way to make two readers see two bodies.
"""

import re
from typing import Final

from http_layer.problems import MALFORMED_FORM, UNSUPPORTED_MEDIA_TYPE
from shared.kernel.errors import Rejected
from shared.kernel.values import value

MAX_PARTS: Final = 8
MAX_PART_HEADER_BYTES: Final = 1_024

_BOUNDARY: Final = re.compile(
    r'multipart/form-data\s*;\s*boundary="?([A-Za-z0-9\'()+_,./:=?-]{1,70})"?\s*', re.IGNORECASE
)
_NAME: Final = re.compile(r';\s*name="([a-z_0-9]{1,64})"')


@value
class Part:
    """One part of a form; `content_type` is empty when it was not given."""

    name: str
    content_type: str
    content: bytes


def is_form(media_type: str | None) -> bool:
    """Whether a Content-Type is that of a form."""
    return (media_type or "").partition(";")[0].strip().lower() == "multipart/form-data"


def read_form(media_type: str | None, raw: bytes) -> dict[str, Part]:
    """The parts of a form by name.

    Raises:
        Rejected: UNSUPPORTED_MEDIA_TYPE without a usable boundary, MALFORMED_FORM for a body that
            is not a form with distinct names.
    """
    match = _BOUNDARY.fullmatch((media_type or "").strip())
    if match is None:
        raise Rejected(UNSUPPORTED_MEDIA_TYPE, "A form needs a boundary and no other parameter.")
    delimiter = b"\r\n--" + match[1].encode()
    first, *pieces = (b"\r\n" + raw).split(delimiter, MAX_PARTS + 1)
    if first or len(pieces) < 2 or pieces[-1] not in (b"--", b"--\r\n"):
        raise _malformed("It has a first delimiter, up to eight parts and a last delimiter.")
    parts: dict[str, Part] = {}
    for piece in pieces[:-1]:
        part = _read_part(piece)
        if part.name in parts:
            raise _malformed("A part is there twice.")
        parts[part.name] = part
    return parts


def _read_part(piece: bytes) -> Part:
    head, separator, content = piece.partition(b"\r\n\r\n")
    if not separator or not head.startswith(b"\r\n") or len(head) > MAX_PART_HEADER_BYTES:
        raise _malformed("A part has short headers and an empty line.")
    headers: dict[str, str] = {}
    for line in head[2:].decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or name.strip().lower() in headers:
            raise _malformed("A header of a part is not one.")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    named = _NAME.search(disposition)
    if not disposition.lower().startswith("form-data;") or named is None:
        raise _malformed("A part has no name.")
    if "content-transfer-encoding" in headers:
        raise _malformed("A part is sent as it is.")
    return Part(named[1], headers.get("content-type", ""), content)


def _malformed(why: str) -> Rejected:
    return Rejected(MALFORMED_FORM, f"The body is not a form. {why}")
