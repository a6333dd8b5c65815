"""Malta: the Player Protection Directive, as far as this platform could be asked.

An optional profile, like that of Great Britain.
"""

from datetime import date
from typing import Final

from shared.compliance.profile import Profile
from shared.compliance.rules import (
    Exclusion,
    IdentityRules,
    Limits,
    PaymentMethods,
    RtpBounds,
    Rule,
    Text,
)

_BASE: Final = date(2018, 8, 1)
_PPD: Final = "Malta Gaming Authority, Player Protection Directive"

MT: Final = Profile(
    code="mt",
    name="Malta",
    version="2026-11",
    valid_from=_BASE,
    currency="EUR",
    day_offset_ms=0,
    minimum_age=(
        Rule(
            rule_id="MT-AGE-01",
            value=18,
            source=_PPD,
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    limits=(
        Rule(
            rule_id="MT-02",
            value=Limits(
                offered=frozenset({"deposit", "loss", "wager", "time"}),
                mandatory=frozenset(),
                periods=frozenset({"daily", "weekly", "monthly"}),
            ),
            source=_PPD,
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    loosening_delay_hours=(
        Rule(
            rule_id="MT-02-DELAY",
            value=24,
            source=_PPD,
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    exclusion=(
        Rule(
            rule_id="MT-02-EXCL",
            value=Exclusion(
                least_days=1,
                most_days=None,
                indefinite=True,
                revocable_after_days=7,
                pauses_days=(1, 7, 30),
            ),
            source=_PPD,
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    rtp=(
        Rule(
            rule_id="MT-01",
            value=RtpBounds(8_500, 9_900),
            source=_PPD,
            certainty="secondary",
            effective_from=_BASE,
        ),
    ),
    payment_methods=(
        Rule(
            rule_id="MT-PAY-01",
            value=PaymentMethods(
                allowed=frozenset({"bank_transfer", "debit_card", "credit_card"}),
                forbidden=frozenset({"cash"}),
            ),
            source=_PPD,
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    identity=(
        Rule(
            rule_id="MT-KYC-01",
            value=IdentityRules(
                level_1=("id_front", "selfie"),
                level_2=("proof_of_address",),
                valid_days=1_095,
                before_play=False,
            ),
            source="Malta, Prevention of Money Laundering Regulations; details not verified",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    texts=(
        Rule(
            rule_id="MT-TXT-01",
            value=Text(
                "terms",
                "mt-2026-11",
                (
                    ("pt-BR", "Tenho 18 anos ou mais e aceito os termos de uso."),
                    ("en", "I am 18 or older and accept the terms of use."),
                ),
            ),
            source=_PPD,
            certainty="operator",
            effective_from=_BASE,
        ),
        Rule(
            rule_id="MT-TXT-02",
            value=Text(
                "privacy",
                "mt-2026-11",
                (
                    ("pt-BR", "Li e aceito a política de privacidade."),
                    ("en", "I have read and accept the privacy notice."),
                ),
            ),
            source="Regulation (EU) 2016/679 art. 13",
            certainty="operator",
            effective_from=_BASE,
        ),
    ),
)
