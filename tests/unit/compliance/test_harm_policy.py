"""The exported policy is the one that decides."""

from dataclasses import replace
from typing import Any

import harm_policy
import pytest

from shared.protection.policy import POLICIES, TITLES


def test_the_committed_page_is_that_of_the_live_configuration() -> None:
    assert harm_policy.PAGE.read_text(encoding="utf-8") == harm_policy.text()


def test_every_marker_and_level_has_its_line() -> None:
    page = harm_policy.text()
    for name in (*TITLES, *POLICIES[-1].levels):
        assert f"| {name} | " in page


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        ("thresholds", {"chases": 4}),
        ("thresholds", {"income_percent": 21}),
        ("thresholds", {"loss_least_minor": {"BRL": 1}}),
        ("actions", {"pause_hours": 25}),
        ("actions", {"repeat_days": 8}),
        ("actions", {"contact_hours": {"high": 47, "critical": 24}}),
        ("", {"half_life_days": 15}),
        ("", {"young_weight_percent": 130}),
        ("", {"levels": {**POLICIES[-1].levels, "high": 61}}),
        ("", {"points": {**POLICIES[-1].points, "RG-M01": 21}}),
    ],
)
def test_a_number_that_changes_changes_the_page(
    monkeypatch: pytest.MonkeyPatch, section: str, changes: dict[str, Any]
) -> None:
    before = harm_policy.text()
    policy = POLICIES[-1]
    if section == "thresholds":
        other = replace(policy, thresholds=replace(policy.thresholds, **changes))
    elif section == "actions":
        other = replace(policy, actions=replace(policy.actions, **changes))
    else:
        other = replace(policy, **changes)
    monkeypatch.setattr(harm_policy, "POLICIES", (other,))
    assert harm_policy.text() != before


def test_every_threshold_is_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before = harm_policy.text()
    policy = POLICIES[-1]
    silent = []
    for name in policy.thresholds.__slots__:
        value = getattr(policy.thresholds, name)
        other: Any = value + 1 if isinstance(value, int) else {"BRL": 1}
        changed = replace(policy, thresholds=replace(policy.thresholds, **{name: other}))
        monkeypatch.setattr(harm_policy, "POLICIES", (changed,))
        if harm_policy.text() == before:
            silent.append(name)
    assert silent == []
