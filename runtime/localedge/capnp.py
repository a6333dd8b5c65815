"""Writes a `Modules.Bundle`, the Cap'n Proto message in which workerd receives internal modules.

Invariant: the result is one message of one segment, laid out as workerd's
`src/workerd/jsg/modules.capnp` says:

    struct Bundle { modules @0 :List(Module); }
    struct Module {
      name @0 :Text;                                    # pointer 0
      union { src @1 :Data; wasm @4 :Data;              # pointer 1, its tag in bits 16..31
              data @5 :Data; json @6 :Text; }
      type @2 :ModuleType;                              # bits 0..15
      tsDeclaration @3 :Text; compileCache @7 :Data;    # pointers 2 and 3, left empty
    }

Nothing else of Cap'n Proto is implemented: a general encoder would be a dependency for forty lines
of layout. Encoding: https://capnproto.org/encoding.html
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

_WORD_BYTES = 8
_MODULE_DATA_WORDS = 1
_MODULE_POINTERS = 4
_MODULE_WORDS = _MODULE_DATA_WORDS + _MODULE_POINTERS
_MODULE_TYPE_INTERNAL = 2
_LIST_OF_BYTES = 2
_LIST_OF_STRUCTS = 7
# A list pointer has 29 bits for its length.
_LIST_LENGTH_LIMIT = 2**29


class Kind(IntEnum):
    """The tag of the source union."""

    SRC = 0
    WASM = 1
    DATA = 2


class Module(NamedTuple):
    """One internal module: its specifier, what it is, its bytes."""

    name: str
    kind: Kind
    content: bytes


def encode_bundle(modules: Sequence[Module]) -> bytes:
    """Returns the framed message holding `modules` in their order.

    Raises ValueError for a module that a list pointer cannot measure (512 MiB).
    """
    structs_at = 3  # root pointer, Bundle's one pointer, the tag word of the list
    heap_at = structs_at + _MODULE_WORDS * len(modules)
    structs: list[bytes] = []
    heap: list[bytes] = []
    for index, module in enumerate(modules):
        pointers_at = structs_at + index * _MODULE_WORDS + _MODULE_DATA_WORDS
        pointers: list[bytes] = []
        for blob in (module.name.encode() + b"\0", module.content):
            pointers.append(_byte_list_pointer(pointers_at + len(pointers), heap_at, len(blob)))
            padded = blob + b"\0" * (-len(blob) % _WORD_BYTES)
            heap.append(padded)
            heap_at += len(padded) // _WORD_BYTES
        data = struct.pack("<HHI", _MODULE_TYPE_INTERNAL, module.kind, 0)
        empty = b"\0" * _WORD_BYTES * (_MODULE_POINTERS - len(pointers))
        structs.append(data + b"".join(pointers) + empty)

    segment = b"".join(
        [
            _struct_pointer(0, data_words=0, pointers=1),
            _pointer(1, 0, _LIST_OF_STRUCTS | (_MODULE_WORDS * len(modules)) << 3),
            _struct_pointer(len(modules), data_words=_MODULE_DATA_WORDS, pointers=_MODULE_POINTERS),
            *structs,
            *heap,
        ]
    )
    # Stream framing: number of segments minus one, then the length of each in words.
    return struct.pack("<II", 0, len(segment) // _WORD_BYTES) + segment


def _pointer(kind: int, offset_words: int, upper: int) -> bytes:
    return struct.pack("<II", kind | offset_words << 2, upper)


def _struct_pointer(offset_words: int, data_words: int, pointers: int) -> bytes:
    return _pointer(0, offset_words, data_words | pointers << 16)


def _byte_list_pointer(pointer_at: int, target_at: int, length: int) -> bytes:
    if length >= _LIST_LENGTH_LIMIT:
        raise ValueError(f"a module of {length} bytes does not fit a Cap'n Proto list")
    return _pointer(1, target_at - pointer_at - 1, _LIST_OF_BYTES | length << 3)
