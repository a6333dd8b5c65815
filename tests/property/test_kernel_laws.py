"""Laws of the kernel: texts read back, order is kept, equal values have equal canonical texts."""

import json
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.canonical import canonical_json
from shared.kernel.ids import is_uuid, uuid7
from shared.kernel.money import format_major, parse_major
from shared.kernel.times import DAY_MS, local_day, parse_rfc3339, rfc3339

times = st.integers(0, 253_402_300_799_999)
random_bytes = st.binary(min_size=10, max_size=10)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.integers(0, 10**15))
def test_an_amount_reads_back_from_its_decimal_text(minor: int) -> None:
    assert parse_major(format_major(minor)) == minor


@given(times)
def test_a_time_reads_back_from_its_text(at_ms: int) -> None:
    assert parse_rfc3339(rfc3339(at_ms)) == at_ms


@given(times, times)
def test_texts_of_times_sort_as_the_times_do(one: int, other: int) -> None:
    assert (rfc3339(one) < rfc3339(other)) is (one < other)


@given(times, random_bytes, times, random_bytes)
def test_ids_sort_by_their_millisecond(one: int, a: bytes, other: int, b: bytes) -> None:
    first, second = uuid7(one, a), uuid7(other, b)
    assert is_uuid(first)
    assert UUID(first).version == 7
    if one != other:
        assert (first < second) is (one < other)


@given(times, st.integers(-12, 14))
def test_a_local_day_holds_its_moments_and_no_others(at_ms: int, hours: int) -> None:
    offset_ms = hours * 3_600_000
    start = local_day(at_ms, offset_ms) * DAY_MS - offset_ms
    assert start <= at_ms < start + DAY_MS
    assert local_day(start - 1, offset_ms) == local_day(at_ms, offset_ms) - 1


@given(json_values)
def test_canonical_text_is_the_value_and_canonical_again(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=1), st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_set_does_not_matter(
    value: dict[str, int], random: Random
) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonical_json(dict(shuffled)) == canonical_json(value)
