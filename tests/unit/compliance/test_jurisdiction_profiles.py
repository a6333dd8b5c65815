"""The profiles: valid data, dated, and each law of the validation bites."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.compliance.model import PROFILES, Profile, profile_at, profile_now
from shared.compliance.rules import (
    Bonus,
    FeeBands,
    GgrSplit,
    IdentityRules,
    Limits,
    PaymentMethods,
    RoundPace,
    RtpBounds,
    Rule,
    Text,
    in_force,
)
from shared.compliance.validation import faults_of
from shared.kernel.errors import InvariantBroken

BR = PROFILES["br"][-1]
TODAY = date(2026, 11, 22)
EVERY = [version for versions in PROFILES.values() for version in versions]


def rule(value: Any, *, begins: date | None = date(2025, 1, 1), **changes: Any) -> Rule[Any]:
    made: Rule[Any] = Rule(
        rule_id="BR-XX-01",
        value=value,
        source="a test",
        certainty="operator",
        effective_from=begins,
    )
    return replace(made, **changes)


@pytest.mark.parametrize("profile", EVERY, ids=lambda profile: profile.code)
def test_a_released_profile_has_no_fault(profile: Profile) -> None:
    assert faults_of(profile) == []


@pytest.mark.parametrize("code", sorted(PROFILES))
def test_the_versions_of_a_profile_follow_each_other(code: str) -> None:
    versions = PROFILES[code]
    assert [version.code for version in versions] == [code] * len(versions)
    dates = [version.valid_from for version in versions]
    assert dates == sorted(set(dates))


@pytest.mark.parametrize("profile", EVERY, ids=lambda profile: profile.code)
def test_every_thing_can_be_asked_on_every_day_of_a_decade(profile: Profile) -> None:
    for step in range(0, 3_650, 30):
        rules = profile.on(profile.valid_from + timedelta(days=step))
        assert rules.minimum_age >= 18
        assert rules.autoplay in {"allowed", "limited", "forbidden"}
        assert rules.identity is not None
        assert rules.text("terms").in_language("pt-BR")


def test_the_brazilian_numbers_are_those_of_the_law() -> None:
    br = profile_at("br", TODAY)
    assert br.minimum_age == 18
    assert br.limits is not None
    assert br.limits.mandatory == {"loss", "time"}
    assert br.limits.periods == {"daily", "weekly", "monthly"}
    assert br.loosening_delay_hours == 24
    assert br.rtp == RtpBounds(8_500, 9_900)
    assert br.payout_minutes == 120
    assert br.bonus == Bonus(first_bet_first=True, stake_order="cash_first")
    assert br.payment_methods is not None
    assert "credit_card" in br.payment_methods.forbidden
    assert br.retention_days("game_round") == 1_827
    assert br.retention_days("gossip") is None


def test_loss_and_time_limits_became_mandatory_on_a_day() -> None:
    before, after = profile_at("br", date(2026, 2, 7)), profile_at("br", date(2026, 2, 8))
    assert before.limits is not None
    assert after.limits is not None
    assert before.limits.mandatory == set()
    assert after.limits.mandatory == {"loss", "time"}


@pytest.mark.parametrize(
    ("day", "split"),
    [
        (date(2025, 1, 1), (8_800, 0, 1_200)),
        (date(2025, 12, 31), (8_800, 0, 1_200)),
        (date(2026, 1, 1), (8_700, 100, 1_200)),
        (date(2026, 12, 31), (8_700, 100, 1_200)),
        (date(2027, 1, 1), (8_600, 200, 1_200)),
        (date(2028, 1, 1), (8_500, 300, 1_200)),
        (date(2040, 1, 1), (8_500, 300, 1_200)),
    ],
)
def test_revenue_is_split_by_the_year(day: date, split: tuple[int, int, int]) -> None:
    assert profile_at("br", day).ggr_split == GgrSplit(*split)


def test_an_announced_rule_is_off_until_it_has_a_date() -> None:
    assert profile_at("br", TODAY).round_pace is None
    assert profile_at("br", TODAY).autoplay == "limited"
    dated = replace(
        BR,
        round_pace=tuple(replace(r, effective_from=date(2027, 3, 1)) for r in BR.round_pace),
    )
    assert dated.on(date(2027, 2, 28)).round_pace is None
    assert dated.on(date(2027, 3, 1)).round_pace == RoundPace(5_000, 5_000)
    assert faults_of(dated) == []


def test_of_two_rules_in_force_the_later_one_binds_and_an_ended_one_does_not() -> None:
    old, new = rule(1), rule(2, begins=date(2026, 1, 1), effective_until=date(2027, 1, 1))
    for rules in ((old, new), (new, old)):
        found = [
            in_force(rules, day)
            for day in (date(2024, 12, 31), date(2025, 12, 31), TODAY, date(2027, 1, 1))
        ]
        assert [None if r is None else r.value for r in found] == [None, 1, 2, 1]


def test_the_day_is_the_jurisdictions_own() -> None:
    midnight_utc = 1_798_761_600_000  # 2027-01-01T00:00:00Z: still 2026 in São Paulo
    assert profile_now("br", midnight_utc).day == date(2026, 12, 31)
    assert profile_now("br", midnight_utc + 3 * 3_600_000).day == date(2027, 1, 1)
    assert profile_now("gli", midnight_utc).day == date(2027, 1, 1)


@pytest.mark.parametrize(("code", "day"), [("xx", TODAY), ("br", date(2024, 12, 31))])
def test_what_no_profile_covers_is_a_defect_of_the_house(code: str, day: date) -> None:
    with pytest.raises(InvariantBroken):
        profile_at(code, day)


def test_a_code_without_profiles_is_a_defect_now_too() -> None:
    with pytest.raises(InvariantBroken):
        profile_now("xx", 0)


def test_a_text_that_is_not_there_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        profile_at("br", TODAY).text("lullaby")


FAULTY: dict[str, dict[str, object]] = {
    "is no rule id": {"minimum_age": (rule(18, rule_id="the age"),)},
    "names its source": {"minimum_age": (rule(18, source=""),)},
    "ends before it begins": {"minimum_age": (rule(18, effective_until=date(2025, 1, 1)),)},
    "begin on": {"minimum_age": (rule(18), rule(21))},
    "stands for": {"minimum_age": (rule(18),), "loosening_delay_hours": (rule(24),)},
    "nothing binds": {"minimum_age": (rule(18, begins=None),)},
    "are missing": {"texts": ()},
    "nobody below 18": {"minimum_age": (rule(16),)},
    "must be on offer": {"limits": (rule(Limits(frozenset(), frozenset({"loss"}), frozenset())),)},
    "above its ceiling": {"rtp": (rule(RtpBounds(9_000, 8_000)),)},
    "allowed and forbidden": {
        "payment_methods": (rule(PaymentMethods(frozenset({"a"}), frozenset({"a"}))),)
    },
    "nothing of its own": {"identity": (rule(IdentityRules((), (), 1, before_play=True)),)},
    "never holds": {"identity": (rule(IdentityRules(("selfie",), (), 0, before_play=True)),)},
    "are not the whole": {"ggr_split": (rule(GgrSplit(8_700, 0, 1_200)),)},
    "no end": {"inspection_fee": (rule(FeeBands(((200, 1), (100, 2), (None, 3)))),)},
    "once each": {"texts": (*BR.texts, rule(Text("x", "1", (("en", "x"),))))},
    "a version and words": {
        "texts": (*BR.texts, rule(Text("x", "", (("en", "x"), ("pt-BR", "x")))))
    },
}


@pytest.mark.parametrize("fault", sorted(FAULTY))
def test_every_law_of_the_validation_bites(fault: str) -> None:
    faulty: Profile = replace(BR, **FAULTY[fault])  # type: ignore[arg-type]
    assert any(fault in found for found in faults_of(faulty)), faults_of(faulty)
