"""GLI-19 v3.0 as a base profile: what a laboratory looks for where the place says nothing else."""

from datetime import date
from typing import Final

from shared.compliance.profile import Profile
from shared.compliance.rules import (
    Bonus,
    Exclusion,
    IdentityRules,
    Limits,
    PaymentMethods,
    RtpBounds,
    Rule,
    SessionRules,
    Text,
)

_PUBLISHED: Final = date(2020, 7, 17)

GLI: Final = Profile(
    code="gli",
    name="GLI-19 base",
    version="2026-11",
    valid_from=_PUBLISHED,
    currency="USD",
    day_offset_ms=0,
    minimum_age=(
        Rule(
            rule_id="GLI-ACC-01",
            value=18,
            source="GLI-19 §2.5.2: the legal age of the place; 18 until a place says else",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
    ),
    limits=(
        Rule(
            rule_id="GLI-ACC-04",
            value=Limits(
                offered=frozenset({"deposit", "loss", "wager", "time"}),
                mandatory=frozenset(),
                periods=frozenset({"daily", "weekly", "monthly"}),
            ),
            source="GLI-19 §2.5.5",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    loosening_delay_hours=(
        Rule(
            rule_id="GLI-ACC-05",
            value=24,
            source="GLI-19 A.3.7",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    exclusion=(
        Rule(
            rule_id="GLI-ACC-13",
            value=Exclusion(
                least_days=1,
                most_days=None,
                indefinite=True,
                revocable_after_days=None,
                pauses_days=(1, 7, 30),
            ),
            source="GLI-19 A.3.8; the terms in days are the house's choice",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
    ),
    rtp=(
        Rule(
            rule_id="GLI-GAM-01",
            value=RtpBounds(7_500, 9_900),
            source="GLI-19 §4.7.1(a)",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    autoplay=(
        Rule(
            rule_id="GLI-GAM-09",
            value="limited",
            source="GLI-19 §4.9.2",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    bonus=(
        Rule(
            rule_id="GLI-ACC-09",
            value=Bonus(first_bet_first=False, stake_order="bonus_first"),
            source="GLI-19 §4.3.5(d)",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    payment_methods=(
        Rule(
            rule_id="GLI-ACC-07",
            value=PaymentMethods(
                allowed=frozenset({"pix", "bank_transfer", "debit_card", "credit_card"}),
                forbidden=frozenset(),
            ),
            source="GLI-19 §2.5.6: methods are the regulator's to name",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
    ),
    session=(
        Rule(
            rule_id="GLI-ACC-03",
            value=SessionRules(idle_minutes=30, second_factor_days=30, location_minutes=30),
            source="GLI-19 §2.5.4, §2.7.2",
            certainty="primary",
            effective_from=_PUBLISHED,
        ),
    ),
    identity=(
        Rule(
            rule_id="GLI-ACC-14",
            value=IdentityRules(
                level_1=("id_front", "selfie"),
                level_2=("proof_of_address",),
                valid_days=730,
                before_play=True,
            ),
            source="GLI-19 §2.5.2: verified before play; kinds and validity are the house's choice",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
    ),
    texts=(
        Rule(
            rule_id="GLI-TXT-01",
            value=Text(
                "terms",
                "gli-2026-11",
                (
                    ("pt-BR", "Tenho idade legal e aceito os termos de uso."),
                    ("en", "I am of legal age and accept the terms of use."),
                ),
            ),
            source="GLI-19 §2.5.2",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
        Rule(
            rule_id="GLI-TXT-02",
            value=Text(
                "privacy",
                "gli-2026-11",
                (
                    ("pt-BR", "Li e aceito a política de privacidade."),
                    ("en", "I have read and accept the privacy notice."),
                ),
            ),
            source="GLI-19 §2.5.2",
            certainty="operator",
            effective_from=_PUBLISHED,
        ),
    ),
)
