"""Great Britain: remote technical standards and LCCP, as far as this platform could be asked.

An optional profile: it shows that a jurisdiction is data. No licence was sought with it.
"""

from datetime import date
from typing import Final

from shared.compliance.profile import Profile
from shared.compliance.rules import (
    Exclusion,
    IdentityRules,
    Limits,
    PaymentMethods,
    Register,
    RegisterChecks,
    RoundPace,
    RtpBounds,
    Rule,
    Text,
)

_BASE: Final = date(2021, 10, 31)

UK: Final = Profile(
    code="uk",
    name="Great Britain",
    version="2026-11",
    valid_from=_BASE,
    currency="GBP",
    day_offset_ms=0,
    minimum_age=(
        Rule(
            rule_id="UK-AGE-01",
            value=18,
            source="Gambling Act 2005 s. 45-46",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    limits=(
        Rule(
            rule_id="UK-01",
            value=Limits(
                offered=frozenset({"deposit", "loss", "wager", "time"}),
                mandatory=frozenset(),
                periods=frozenset({"daily", "weekly", "monthly"}),
            ),
            source="RTS 12A-12E (prompted at registration, never forced)",
            certainty="primary",
            effective_from=date(2025, 10, 31),
        ),
    ),
    loosening_delay_hours=(
        Rule(
            rule_id="UK-02",
            value=24,
            source="RTS 12, requirements from 2026",
            certainty="primary",
            effective_from=_BASE,
        ),
    ),
    exclusion=(
        Rule(
            rule_id="UK-07",
            value=Exclusion(
                least_days=183,
                most_days=1_826,
                indefinite=False,
                revocable_after_days=None,
                pauses_days=(1, 7, 30, 42),
            ),
            source="LCCP SR 3.5",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    registers=(
        Rule(
            rule_id="UK-07-REG",
            value=(Register("GAMSTOP", "https://api.gamstop.io", adapter="gamstop"),),
            source="LCCP SR 3.5.5",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    register_checks=(
        Rule(
            rule_id="UK-07-DAY",
            value=RegisterChecks(sweep_days=1, aim_days=1),
            source="LCCP SR 3.5.5 asks at registration and at login; the days are the house's",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    rtp=(
        Rule(
            rule_id="UK-RTP-01",
            value=RtpBounds(0, 9_900),
            source="No minimum; RTS 3 demands that the RTP is shown",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    round_pace=(
        Rule(
            rule_id="UK-05",
            value=RoundPace(slots_ms=2_500, other_games_ms=0),
            source="RTS 14D",
            certainty="secondary",
            effective_from=_BASE,
            effective_until=date(2025, 1, 17),
        ),
        Rule(
            rule_id="UK-05",
            value=RoundPace(slots_ms=2_500, other_games_ms=5_000),
            source="RTS 14D, 14G",
            certainty="secondary",
            effective_from=date(2025, 1, 17),
        ),
    ),
    autoplay=(
        Rule(
            rule_id="UK-05-AUTO",
            value="forbidden",
            source="RTS 8",
            certainty="secondary",
            effective_from=_BASE,
        ),
    ),
    payment_methods=(
        Rule(
            rule_id="UK-PAY-01",
            value=PaymentMethods(
                allowed=frozenset({"bank_transfer", "debit_card"}),
                forbidden=frozenset({"credit_card"}),
            ),
            source="LCCP 6.1.2 (credit cards)",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    identity=(
        Rule(
            rule_id="UK-KYC-01",
            value=IdentityRules(
                level_1=("id_front", "selfie"),
                level_2=("proof_of_address",),
                valid_days=1_095,
                before_play=True,
            ),
            source="LCCP 17.1.1; kinds and validity are the house's choice",
            certainty="unverified",
            effective_from=_BASE,
        ),
    ),
    texts=(
        Rule(
            rule_id="UK-TXT-01",
            value=Text(
                "terms",
                "uk-2026-11",
                (
                    ("pt-BR", "Tenho 18 anos ou mais e aceito os termos de uso."),
                    ("en", "I am 18 or older and accept the terms of use."),
                ),
            ),
            source="LCCP 4.1",
            certainty="operator",
            effective_from=_BASE,
        ),
        Rule(
            rule_id="UK-TXT-02",
            value=Text(
                "privacy",
                "uk-2026-11",
                (
                    ("pt-BR", "Li e aceito a política de privacidade."),
                    ("en", "I have read and accept the privacy notice."),
                ),
            ),
            source="UK GDPR art. 13",
            certainty="operator",
            effective_from=_BASE,
        ),
        Rule(
            rule_id="UK-07-TXT",
            value=Text(
                "central_exclusion",
                "uk-2026-11",
                (
                    (
                        "pt-BR",
                        (
                            "No GAMSTOP você se bloqueia em todas as casas on-line da Grã-Bretanha"
                            " de uma só vez. É gratuito."
                        ),
                    ),
                    (
                        "en",
                        (
                            "With GAMSTOP you bar yourself from all online gambling in Great"
                            " Britain at once. It is free."
                        ),
                    ),
                ),
                "https://www.gamstop.co.uk",
            ),
            source="LCCP SR 3.5.5; the wording is the house's",
            certainty="operator",
            effective_from=_BASE,
        ),
    ),
)
