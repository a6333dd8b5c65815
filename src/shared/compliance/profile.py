"""A profile: everything that one jurisdiction asks, at one version of our reading of it.

Decisions read a profile as of a day and never a number of their own. `Profile.on(day)` gives the
values in force that day; what has no value that day is None, and a decision that needs it treats it
as not asked. Profiles are versions: `valid_from` says since when the house reads the law this way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from shared.compliance.rules import (
    Autoplay,
    Bonus,
    Destinations,
    Exclusion,
    FeeBands,
    GgrSplit,
    IdentityRules,
    Limits,
    Offboarding,
    PaymentMethods,
    Register,
    RegisterChecks,
    Retention,
    RoundPace,
    RtpBounds,
    Rule,
    Rules,
    SessionRules,
    Text,
    in_force,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The rules of one jurisdiction; `()` where it has none. `retention` and `texts` hold one rule
    for each class and key, all others are about one thing each.
    """

    code: str
    name: str
    version: str
    valid_from: date
    currency: str
    day_offset_ms: int
    minimum_age: Rules[int]
    limits: Rules[Limits] = ()
    loosening_delay_hours: Rules[int] = ()
    exclusion: Rules[Exclusion] = ()
    registers: Rules[tuple[Register, ...]] = ()
    register_checks: Rules[RegisterChecks] = ()
    offboarding: Rules[Offboarding] = ()
    rtp: Rules[RtpBounds] = ()
    round_pace: Rules[RoundPace] = ()
    autoplay: Rules[Autoplay] = ()
    bonus: Rules[Bonus] = ()
    payment_methods: Rules[PaymentMethods] = ()
    payout_minutes: Rules[int] = ()
    session: Rules[SessionRules] = ()
    countries: Rules[frozenset[str]] = ()
    identity: Rules[IdentityRules] = ()
    ggr_split: Rules[GgrSplit] = ()
    destinations: Rules[Destinations] = ()
    inspection_fee: Rules[FeeBands] = ()
    prize_tax_free_minor: Rules[int] = ()
    retention: Rules[Retention] = ()
    texts: Rules[Text] = ()

    def every_rule(self) -> Iterator[tuple[str, Rule[Any]]]:
        """Each rule with the name of the thing that it is about."""
        for spec in fields(self):
            value = getattr(self, spec.name)
            if isinstance(value, tuple):
                yield from ((spec.name, rule) for rule in value)

    def on(self, day: date) -> "InForce":
        """What binds on `day`."""
        return InForce(self, day)


@dataclass(frozen=True, slots=True)
class InForce:
    """A profile on one day. A property is None where nothing is asked that day."""

    profile: Profile
    day: date

    def _value[Value](self, rules: Rules[Value]) -> Value | None:
        rule = in_force(rules, self.day)
        return None if rule is None else rule.value

    @property
    def minimum_age(self) -> int:
        """Completed years; every profile has one on every day of its validity."""
        age = self._value(self.profile.minimum_age)
        assert age is not None, (self.profile.code, self.day)
        return age

    @property
    def limits(self) -> Limits | None:
        return self._value(self.profile.limits)

    @property
    def loosening_delay_hours(self) -> int | None:
        return self._value(self.profile.loosening_delay_hours)

    @property
    def exclusion(self) -> Exclusion | None:
        return self._value(self.profile.exclusion)

    @property
    def registers(self) -> tuple[Register, ...]:
        return self._value(self.profile.registers) or ()

    @property
    def register_checks(self) -> RegisterChecks | None:
        return self._value(self.profile.register_checks)

    @property
    def offboarding(self) -> Offboarding | None:
        return self._value(self.profile.offboarding)

    @property
    def rtp(self) -> RtpBounds | None:
        return self._value(self.profile.rtp)

    @property
    def round_pace(self) -> RoundPace | None:
        return self._value(self.profile.round_pace)

    @property
    def autoplay(self) -> Autoplay:
        return self._value(self.profile.autoplay) or "allowed"

    @property
    def bonus(self) -> Bonus | None:
        return self._value(self.profile.bonus)

    @property
    def payment_methods(self) -> PaymentMethods | None:
        return self._value(self.profile.payment_methods)

    @property
    def payout_minutes(self) -> int | None:
        return self._value(self.profile.payout_minutes)

    @property
    def session(self) -> SessionRules | None:
        return self._value(self.profile.session)

    @property
    def countries(self) -> frozenset[str] | None:
        """Where bets may come from (ISO 3166-1); None where the profile does not say."""
        return self._value(self.profile.countries)

    @property
    def identity(self) -> IdentityRules | None:
        return self._value(self.profile.identity)

    @property
    def ggr_split(self) -> GgrSplit | None:
        return self._value(self.profile.ggr_split)

    def retention_days(self, record_class: str) -> int | None:
        """The least days for a class of records; None when the profile says nothing about it."""
        found = [
            rule.value.least_days
            for rule in self.profile.retention
            if rule.binds(self.day) and rule.value.record_class == record_class
        ]
        return max(found, default=None)

    def text(self, key: str) -> Text:
        """The text of `key` in force; KeyError when there is none."""
        rule = in_force(
            tuple(rule for rule in self.profile.texts if rule.value.key == key), self.day
        )
        if rule is None:
            raise KeyError(key)
        return rule.value
