"""Canonical JSON: one text for one value, and no text for what has no exact one."""

from hashlib import sha256

import pytest

from shared.kernel.canonical import canonical_json, sha256_hex


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"é": "ã", "z": '\n"\\'}, '{"z":"\\n\\"\\\\","é":"ã"}'),
        ({}, "{}"),
        ((1, (2, 3)), "[1,[2,3]]"),
        (10**12, "1000000000000"),
        ("", '""'),
    ],
)
def test_keys_are_sorted_and_nothing_is_between_the_tokens(value: object, text: str) -> None:
    assert canonical_json(value) == text


@pytest.mark.parametrize("value", [1.0, [1, [2.5]], {"a": {"b": float("nan")}}, ({"a": (0.1,)},)])
def test_a_float_anywhere_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {None: 1}}, {True: 1}, [{(1,): 2}]])
def test_a_key_that_is_not_text_is_refused_and_not_converted(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), {"a": b"x"}])
def test_what_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_the_hash_is_of_the_utf_8_bytes() -> None:
    assert sha256_hex("ã") == sha256(b"\xc3\xa3").hexdigest()
