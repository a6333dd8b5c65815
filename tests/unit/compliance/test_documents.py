"""Files are what they are said to be, and harmless as far as bytes can tell."""

from base64 import b64encode
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.compliance.files import SAMPLES, jpeg, pdf, png

from shared.compliance.documents import (
    MAX_DOCUMENT_BYTES,
    ContentType,
    check_document,
    decode_base64,
)
from shared.compliance.errors import DOCUMENT_REFUSED, DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE
from shared.kernel.errors import Problem, Rejected

TYPES: tuple[ContentType, ...] = get_args(ContentType.__value__)


def problem(content_type: ContentType, content: bytes) -> Problem | None:
    try:
        check_document("proof_of_address", content_type, content)
    except Rejected as refused:
        return refused.rejection.problem
    return None


@pytest.mark.parametrize("content_type", TYPES)
def test_a_file_of_its_type_is_taken_and_one_of_another_is_not(content_type: ContentType) -> None:
    for actual, content in SAMPLES.items():
        expected = None if actual == content_type else DOCUMENT_UNREADABLE
        assert problem(content_type, content) is expected, actual


@pytest.mark.parametrize("content_type", TYPES)
def test_a_file_that_was_cut_off_is_unreadable(content_type: ContentType) -> None:
    whole = SAMPLES[content_type]
    assert problem(content_type, whole[:-8]) is DOCUMENT_UNREADABLE
    assert problem(content_type, whole[:10]) is DOCUMENT_UNREADABLE
    assert problem(content_type, b"") is DOCUMENT_UNREADABLE


@given(st.binary(max_size=300), st.sampled_from(TYPES), st.booleans())
def test_no_bytes_at_all_do_more_than_be_refused(
    noise: bytes, content_type: ContentType, framed: bool
) -> None:
    whole = SAMPLES[content_type]
    problem(content_type, whole[:24] + noise + whole[-12:] if framed else noise)


def test_exactly_five_mebibytes_are_taken_and_one_byte_more_is_not() -> None:
    room = MAX_DOCUMENT_BYTES - len(pdf())
    assert problem("application/pdf", pdf(b" " * room)) is None
    assert problem("application/pdf", pdf(b" " * (room + 1))) is DOCUMENT_TOO_LARGE


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg"])
@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1, 1, None),
        (8_000, 6_250, None),
        (8_000, 6_251, DOCUMENT_REFUSED),
        (0, 1_000, DOCUMENT_REFUSED),
        (65_535, 65_535, DOCUMENT_REFUSED),
    ],
)
def test_a_picture_is_no_bomb_for_the_viewer(
    content_type: ContentType, width: int, height: int, expected: Problem | None
) -> None:
    made = png(width, height) if content_type == "image/png" else jpeg(width, height)
    assert problem(content_type, made) is expected


@pytest.mark.parametrize(
    "inside",
    [
        b"4 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj",
        b"4 0 obj<</S/#4aavaScript/JS(1)>>endobj",
        b"4 0 obj<</S/Launch/F(cmd.exe)>>endobj",
        b"4 0 obj<</Type/EmbeddedFile>>endobj",
        b"4 0 obj<</Names<</EmbeddedFiles 5 0 R>>>>endobj",
        b"4 0 obj<</AcroForm<</XFA 5 0 R>>>>endobj",
        b"trailer<</Encrypt 5 0 R>>",
    ],
)
def test_a_pdf_that_does_something_is_refused(inside: bytes) -> None:
    assert problem("application/pdf", pdf(inside)) is DOCUMENT_REFUSED


def test_a_word_that_only_begins_like_one_of_those_is_harmless() -> None:
    assert problem("application/pdf", pdf(b"4 0 obj<</Launcher 1/Encryption 2>>endobj")) is None


def test_a_selfie_is_a_picture() -> None:
    check_document("selfie", "image/jpeg", jpeg())
    with pytest.raises(Rejected) as refused:
        check_document("selfie", "application/pdf", pdf())
    assert refused.value.rejection.problem is DOCUMENT_REFUSED


@given(st.binary(max_size=1_000))
def test_base64_gives_back_what_was_put_in(content: bytes) -> None:
    assert decode_base64(b64encode(content).decode()) == content


@pytest.mark.parametrize("text", ["A", "AAA", "!!!!", "AA==A", "AAAA\n", "é" * 4, "AA-_"])
def test_what_is_not_strictly_base64_is_unreadable(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        decode_base64(text)
    assert refused.value.rejection.problem is DOCUMENT_UNREADABLE


def test_a_text_that_must_be_too_long_is_not_even_decoded() -> None:
    with pytest.raises(Rejected) as refused:
        decode_base64("A" * (MAX_DOCUMENT_BYTES * 4 // 3 + 8))
    assert refused.value.rejection.problem is DOCUMENT_TOO_LARGE
