"""What a profile must be before anything may be decided by it.

Each law is said in one sentence; a profile that breaks one is named with the place. Nothing is
repaired: a profile with a fault does not pass its test and is not released.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from shared.compliance.profile import Profile
from shared.compliance.rules import FeeBands, GgrSplit, Rule, Text

BPS: Final = 10_000
_RULE_ID: Final = re.compile(r"[A-Z]{2,4}(-[A-Z0-9]{2,5}){1,2}")
_NEEDED: Final = ("minimum_age", "rtp", "payment_methods", "identity", "loosening_delay_hours")


def _every_rule(profile: Profile) -> Iterator[str]:
    for thing, rule in profile.every_rule():
        if not _RULE_ID.fullmatch(rule.rule_id):
            yield f"{thing}: {rule.rule_id!r} is no rule id"
        if len(rule.source) < 3:
            yield f"{rule.rule_id}: a rule names its source"
        begins, ends = rule.effective_from, rule.effective_until
        if ends is not None and (begins is None or ends <= begins):
            yield f"{rule.rule_id}: it ends before it begins"


def _no_overlap(profile: Profile) -> Iterator[str]:
    """Two rules about one thing never begin on one day: which of them binds would be chance."""
    seen: set[tuple[str, object]] = set()
    for thing, rule in profile.every_rule():
        if rule.effective_from is None:
            continue
        about = thing
        if thing == "texts":
            about = f"{thing} {rule.value.key}"
        elif thing == "retention":
            about = f"{thing} {rule.value.record_class}"
        if (about, rule.effective_from) in seen:
            yield f"{rule.rule_id}: two rules on {about} begin on {rule.effective_from}"
        seen.add((about, rule.effective_from))


def _ids_mean_one_thing(profile: Profile) -> Iterator[str]:
    things: dict[str, str] = {}
    for thing, rule in profile.every_rule():
        if things.setdefault(rule.rule_id, thing) != thing:
            yield f"{rule.rule_id}: stands for {things[rule.rule_id]} and for {thing}"


def _complete(profile: Profile) -> Iterator[str]:
    for thing in _NEEDED:
        rules: tuple[Rule[Any], ...] = getattr(profile, thing)
        if not any(rule.binds(profile.valid_from) for rule in rules):
            yield f"{thing}: nothing binds on the profile's first day"
    keys = {rule.value.key for rule in profile.texts}
    if not {"terms", "privacy"} <= keys:
        yield "texts: the terms and the privacy notice are missing"


def _values(profile: Profile) -> Iterator[str]:
    for age in profile.minimum_age:
        if not 18 <= age.value <= 25:
            yield f"{age.rule_id}: nobody below 18 plays anywhere"
    for limits in profile.limits:
        if not limits.value.mandatory <= limits.value.offered or not limits.value.periods:
            yield f"{limits.rule_id}: what is mandatory must be on offer"
    for rtp in profile.rtp:
        if not 0 <= rtp.value.floor_bps <= rtp.value.ceiling_bps <= BPS:
            yield f"{rtp.rule_id}: a floor above its ceiling"
    for methods in profile.payment_methods:
        if methods.value.allowed & methods.value.forbidden or not methods.value.allowed:
            yield f"{methods.rule_id}: a method is allowed and forbidden"


def _identity(profile: Profile) -> Iterator[str]:
    for identity in profile.identity:
        asked = identity.value
        if set(asked.level_1) & set(asked.level_2) or not asked.level_1:
            yield f"{identity.rule_id}: a level asks for nothing of its own"
        if asked.valid_days < 1:
            yield f"{identity.rule_id}: an approval that never holds"


def _money(profile: Profile) -> Iterator[str]:
    for split in profile.ggr_split:
        if sum(_parts(split.value)) != BPS or min(_parts(split.value)) < 0:
            yield f"{split.rule_id}: the parts of {split.effective_from} are not the whole"
    for destinations in profile.destinations:
        if sum(share for _, share in destinations.value.shares) != 1_000:
            yield f"{destinations.rule_id}: the shares are not the whole"
    for fee in profile.inspection_fee:
        if not _rises(fee.value):
            yield f"{fee.rule_id}: bands rise, and the last one has no end"


def _texts(profile: Profile) -> Iterator[str]:
    for rule in profile.texts:
        yield from _languages(rule)


def _parts(split: GgrSplit) -> tuple[int, int, int]:
    return split.operator_bps, split.social_security_bps, split.destinations_bps


def _rises(fee: FeeBands) -> bool:
    ends = [end for end, _ in fee.bands[:-1]]
    fees = [amount for _, amount in fee.bands]
    known = [end for end in ends if end is not None]
    return (
        len(known) == len(ends)
        and known == sorted(set(known))
        and fees == sorted(set(fees))
        and fee.bands[-1][0] is None
    )


def _languages(rule: Rule[Text]) -> Iterator[str]:
    languages = [language for language, _ in rule.value.by_language]
    if sorted(languages) != ["en", "pt-BR"]:
        yield f"{rule.rule_id}: a text is there in Portuguese and in English, once each"
    if not rule.value.version or not all(text.strip() for _, text in rule.value.by_language):
        yield f"{rule.rule_id}: a text has a version and words"


_CHECKS: Final = (
    _every_rule,
    _no_overlap,
    _ids_mean_one_thing,
    _complete,
    _values,
    _identity,
    _money,
    _texts,
)


def faults_of(profile: Profile) -> list[str]:
    """Every fault of a profile, in words; none for a good one."""
    return [f"{profile.code} {fault}" for check in _CHECKS for fault in check(profile)]
