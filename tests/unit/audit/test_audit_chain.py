"""The operators' log: every change of a kept line is found, at the line where it happened."""

from dataclasses import fields, replace
from typing import Any

import pytest

from shared.audit.chain import next_entry, verify
from shared.audit.model import GENESIS_HASH, AuditEntry

COUNT = 6


def log(count: int = COUNT) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(count):
        entries.append(
            next_entry(
                entries[-1] if entries else None,
                recorded_at=1_000 + number,
                actor_id="staff-1",
                actor_role="game_ops",
                action="rtp.propose",
                subject="dice",
                data={"rtp_bps": 9_600 + number, "reason": "promoção"},
            )
        )
    return entries


def test_the_first_entry_follows_genesis() -> None:
    first = log(1)[0]
    assert (first.seq, first.prev_hash) == (1, GENESIS_HASH)


def test_an_untouched_log_verifies() -> None:
    assert verify(log()) is None
    assert verify([]) is None


@pytest.mark.parametrize("field", [field.name for field in fields(AuditEntry)])
@pytest.mark.parametrize("at", range(COUNT))
def test_a_change_of_any_field_is_found_at_its_line(field: str, at: int) -> None:
    entries = log()
    value = getattr(entries[at], field)
    changes: dict[str, Any] = {field: value + 1 if isinstance(value, int) else value + "x"}
    entries[at] = replace(entries[at], **changes)
    assert verify(entries) == at + 1


def test_a_line_rewritten_with_a_fitting_hash_breaks_the_line_after_it() -> None:
    entries = log()
    entries[2] = next_entry(
        entries[1],
        recorded_at=entries[2].recorded_at,
        actor_id="staff-2",
        actor_role="admin",
        action=entries[2].action,
        subject=entries[2].subject,
        data={},
    )
    assert verify(entries) == 4


@pytest.mark.parametrize("at", range(COUNT - 1))
def test_a_removed_line_is_found_where_it_is_missing(at: int) -> None:
    entries = log()
    del entries[at]
    assert verify(entries) == at + 1


def test_a_repeated_or_swapped_line_is_found() -> None:
    entries = log()
    assert verify([*entries[:3], entries[2], *entries[3:]]) == 4
    entries[1], entries[2] = entries[2], entries[1]
    assert verify(entries) == 2


def test_a_long_log_verifies_page_by_page() -> None:
    entries = log()
    assert verify(entries[:3]) is None
    assert verify(entries[3:], after=entries[2]) is None
    assert verify(entries[4:], after=entries[2]) == 4


def test_fields_cannot_be_shifted_into_each_other() -> None:
    """`ab` + `c` is not `a` + `bc`: the hash is over an array, not over joined text."""
    parts = [("ab", "c"), ("a", "bc")]
    hashes = {
        next_entry(
            None,
            recorded_at=0,
            actor_id=actor_id,
            actor_role=actor_role,
            action="",
            subject="",
            data={},
        ).hash
        for actor_id, actor_role in parts
    }
    assert len(hashes) == 2


def test_data_is_kept_as_canonical_json() -> None:
    assert log(1)[0].data == '{"reason":"promoção","rtp_bps":9600}'


def test_a_float_in_the_data_is_a_defect() -> None:
    with pytest.raises(TypeError):
        next_entry(
            None, recorded_at=0, actor_id="", actor_role="", action="", subject="", data={"a": 0.5}
        )
