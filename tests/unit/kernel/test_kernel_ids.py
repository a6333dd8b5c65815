"""Identifiers: UUIDv7 of a time and random bytes that the caller brings."""

from uuid import UUID

import pytest

from shared.kernel.ids import RANDOM_BYTES_PER_ID, is_uuid, uuid7


def test_the_example_of_the_rfc_is_reproduced() -> None:
    """RFC 9562 appendix A.6: 2022-02-22 19:22:22 UTC, rand_a CC3, rand_b 18C4DC0C0C07398F."""
    random_bits = 0xCC3 << 62 | 0x18C4DC0C0C07398F & (1 << 62) - 1
    made = uuid7(1_645_557_742_000, random_bits.to_bytes(RANDOM_BYTES_PER_ID))
    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_version_variant_and_time_are_where_the_standard_library_reads_them() -> None:
    made = UUID(uuid7(1_800_000_000_123, b"\xff" * 10))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == 1_800_000_000_123


def test_a_later_millisecond_sorts_later_whatever_the_random_bytes() -> None:
    assert uuid7(1_000, b"\xff" * 10) < uuid7(1_001, b"\x00" * 10)


def test_all_74_random_bits_are_kept() -> None:
    ids = {uuid7(0, (1 << bit).to_bytes(10)) for bit in range(74)}
    assert len(ids) == 74


@pytest.mark.parametrize("size", [0, 9])
def test_too_few_random_bytes_are_a_defect(size: int) -> None:
    with pytest.raises(AssertionError):
        uuid7(0, bytes(size))


@pytest.mark.parametrize("now_ms", [-1, 1 << 48])
def test_a_time_outside_48_bits_is_a_defect(now_ms: int) -> None:
    with pytest.raises(AssertionError):
        uuid7(now_ms, bytes(10))


def test_what_is_made_is_recognised() -> None:
    assert is_uuid(uuid7(1_800_000_000_123, bytes(range(10))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "017f22e2-79b0-9cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_another_form_is_not_recognised(text: str) -> None:
    assert not is_uuid(text)
