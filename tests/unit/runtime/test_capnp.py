"""The framing of a Pyodide bundle, read back by a decoder written from the encoding's
specification.
"""

import struct

from hypothesis import given
from hypothesis import strategies as st

from localedge.capnp import Kind, Module, encode_bundle

INTERNAL = 2

modules = st.lists(
    st.builds(
        Module,
        name=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40),
        kind=st.sampled_from(Kind),
        content=st.binary(max_size=40),
    ),
    max_size=5,
)


def decode(message: bytes) -> list[tuple[str, int, bytes, int]]:
    """Name, union tag, bytes and module type of each module."""
    segments_less_one, length_words = struct.unpack_from("<II", message)
    assert segments_less_one == 0
    segment = message[8:]
    assert len(segment) == length_words * 8

    def word(index: int) -> int:
        return int(struct.unpack_from("<Q", segment, index * 8)[0])

    def target(index: int) -> int:
        return index + 1 + ((word(index) & 0xFFFFFFFF) >> 2)

    def byte_list(index: int) -> bytes:
        upper = word(index) >> 32
        assert (word(index) & 3, upper & 7) == (1, 2), "a list of bytes"
        start = target(index) * 8
        return segment[start : start + (upper >> 3)]

    assert word(0) == 1 << 48, "Bundle: no data, one pointer"
    list_at = target(0)
    assert (word(list_at) & 3, word(list_at) >> 32 & 7) == (1, 7), "a list of structs"
    tag_at = target(list_at)
    count, shape = (word(tag_at) & 0xFFFFFFFF) >> 2, word(tag_at) >> 32
    assert shape == 1 | 4 << 16, "Module: one data word, four pointers"
    assert word(list_at) >> 35 == count * 5
    found = []
    for at in range(tag_at + 1, tag_at + 1 + count * 5, 5):
        name, content = byte_list(at + 1), byte_list(at + 2)
        assert name.endswith(b"\0")
        assert (word(at + 3), word(at + 4)) == (0, 0)
        found.append((name[:-1].decode(), word(at) >> 16 & 0xFFFF, content, word(at) & 0xFFFF))
    return found


@given(modules)
def test_what_is_encoded_is_what_a_reader_finds(given_modules: list[Module]) -> None:
    expected = [
        (module.name, int(module.kind), module.content, INTERNAL) for module in given_modules
    ]
    assert decode(encode_bundle(given_modules)) == expected


def test_a_known_message_stays_byte_for_byte() -> None:
    message = encode_bundle([Module("a", Kind.WASM, b"\0asm")])
    assert message.hex() == (
        "000000000a000000"  # one segment of ten words
        "0000000000000100"  # root: Bundle with one pointer, right behind
        "010000002f000000"  # its list: five words of structs, right behind
        "0400000001000400"  # tag: one Module of one data word and four pointers
        "0200010000000000"  # internal, wasm
        "0d00000012000000"  # name: two bytes, three words on
        "0d00000022000000"  # content: four bytes, three words on
        "00000000000000000000000000000000"
        "6100000000000000"
        "0061736d00000000"
    )
