"""When a code is due, how long it stands, and what recovery codes look like."""

import pytest

from shared.identity.second_factor import (
    RECOVERY_BYTES,
    STEP_UP_MS,
    is_recovery_code,
    normalised_code,
    proof_is_due,
    recovery_code,
    step_up_is_fresh,
)
from shared.kernel.times import DAY_MS, SECOND_MS

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("age_ms", "due"),
    [(0, False), (7 * DAY_MS, False), (7 * DAY_MS + 1, True), (7 * DAY_MS + SECOND_MS, True)],
)
def test_a_proof_of_seven_days_stands_and_one_that_is_older_does_not(
    age_ms: int, due: bool
) -> None:
    assert proof_is_due(NOW - age_ms, NOW, 7) is due


def test_a_factor_never_proven_and_a_profile_without_a_period_ask_every_time() -> None:
    assert proof_is_due(None, NOW, 7)
    assert proof_is_due(NOW, NOW, None)


@pytest.mark.parametrize(
    ("age_ms", "fresh"), [(0, True), (STEP_UP_MS, True), (STEP_UP_MS + 1, False)]
)
def test_a_code_stands_for_ten_minutes_of_sensitive_changes(age_ms: int, fresh: bool) -> None:
    assert step_up_is_fresh(NOW - age_ms, NOW) is fresh
    assert not step_up_is_fresh(None, NOW)


def test_a_recovery_code_is_read_however_it_is_typed() -> None:
    code = recovery_code(bytes(range(RECOVERY_BYTES)))
    assert code == "AAAQ-EAYE-AUDA-OCAJ"
    assert normalised_code(" aaaq eaye-AUDAOCAJ ") == normalised_code(code)
    assert is_recovery_code(normalised_code(code))
    assert not is_recovery_code("123456")
