"""Brazil: fixed-odds bets under Lei 14.790/2023 and the ordinances of SPA/MF, as sourced.

Dates are those from which a rule binds. The 5-second round and the ban on autoplay were announced
on 5 August 2026 and had not appeared in the official journal: they stand here without a date.
"""

from datetime import date
from typing import Final

from shared.compliance.profile import Profile
from shared.compliance.profiles.br_taxes import (
    DESTINATIONS,
    GGR_SPLITS,
    INSPECTION_FEE,
    PRIZE_TAX_FREE,
)
from shared.compliance.profiles.br_texts import TEXTS
from shared.compliance.rules import (
    Bonus,
    Exclusion,
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
)
from shared.kernel.times import SAO_PAULO_OFFSET_MS

_MARKET_OPENS: Final = date(2025, 1, 1)
_FIVE_YEARS_DAYS: Final = 5 * 365 + 2

_LIMITS: Final[Rules[Limits]] = (
    Rule(
        rule_id="BR-RG-01",
        value=Limits(
            offered=frozenset({"deposit", "loss", "wager", "time", "bet_count"}),
            mandatory=frozenset(),
            periods=frozenset({"daily", "weekly", "monthly"}),
        ),
        source="Portaria SPA/MF 1.231/2024 art. 4",
        certainty="secondary",
        effective_from=_MARKET_OPENS,
    ),
    Rule(
        rule_id="BR-RG-02",
        value=Limits(
            offered=frozenset({"deposit", "loss", "wager", "time", "bet_count"}),
            mandatory=frozenset({"loss", "time"}),
            periods=frozenset({"daily", "weekly", "monthly"}),
        ),
        source="Portaria SPA/MF 2.579/2025 (90 days from 10 November 2025)",
        certainty="primary",
        effective_from=date(2026, 2, 8),
    ),
)
_RETENTION: Final[Rules[Retention]] = (
    Rule(
        rule_id="BR-RET-01",
        value=Retention("aml", _FIVE_YEARS_DAYS),
        source="Portaria SPA/MF 1.143/2024; Lei 9.613/1998 art. 10",
        certainty="secondary",
        effective_from=_MARKET_OPENS,
    ),
    Rule(
        rule_id="BR-RET-02",
        value=Retention("game_round", _FIVE_YEARS_DAYS),
        source="Portaria SPA/MF 1.207/2024 art. 10",
        certainty="secondary",
        effective_from=_MARKET_OPENS,
    ),
    Rule(
        rule_id="BR-RET-03",
        value=Retention("exclusion_notice", _FIVE_YEARS_DAYS),
        source="IN SPA/MF 31/2025",
        certainty="secondary",
        effective_from=date(2025, 11, 10),
    ),
    Rule(
        rule_id="BR-RET-04",
        value=Retention("identity_evidence", _FIVE_YEARS_DAYS),
        source="Portaria SPA/MF 1.143/2024; IN SPA/MF 22/2025",
        certainty="secondary",
        effective_from=_MARKET_OPENS,
    ),
    Rule(
        rule_id="BR-LGPD-03",
        value=Retention("access_log", 183),
        source="Lei 12.965/2014 (Marco Civil) art. 15",
        certainty="unverified",
        effective_from=_MARKET_OPENS,
    ),
)

BR: Final = Profile(
    code="br",
    name="Brazil",
    version="2026-11",
    valid_from=_MARKET_OPENS,
    currency="BRL",
    day_offset_ms=SAO_PAULO_OFFSET_MS,
    minimum_age=(
        Rule(
            rule_id="BR-ELI-01",
            value=18,
            source="Lei 14.790/2023 art. 26",
            certainty="primary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    limits=_LIMITS,
    loosening_delay_hours=(
        Rule(
            rule_id="BR-RG-03",
            value=24,
            source="Portaria SPA/MF 1.231/2024 art. 4; GLI-19 A.3.7",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    exclusion=(
        Rule(
            rule_id="BR-RG-06",
            value=Exclusion(
                least_days=30,
                most_days=365,
                indefinite=True,
                revocable_after_days=None,
                pauses_days=(1, 7, 30),
            ),
            source="Portaria SPA/MF 1.231/2024 art. 4 as amended by 2.579/2025; terms in days are "
            "the house's choice",
            certainty="operator",
            effective_from=_MARKET_OPENS,
        ),
    ),
    registers=(
        Rule(
            rule_id="BR-IMP-01",
            value=(
                Register(
                    "SIGAP Impedidos", "https://sigap-impedidos.fazenda.gov.br", adapter="sigap"
                ),
                Register("Autoexclusão centralizada", "https://www.gov.br/autoexclusaoapostas"),
            ),
            source="IN SPA/MF 22/2025 art. 4; IN SPA/MF 31/2025 art. 4",
            certainty="primary",
            effective_from=date(2025, 12, 10),
        ),
    ),
    register_checks=(
        Rule(
            rule_id="BR-IMP-SWEEP",
            value=RegisterChecks(sweep_days=15, aim_days=13),
            source="IN SPA/MF 22/2025 art. 4; IN SPA/MF 31/2025 art. 4; two days early is the "
            "house's choice",
            certainty="primary",
            effective_from=date(2025, 12, 10),
        ),
    ),
    offboarding=(
        Rule(
            rule_id="BR-IMP-06",
            value=Offboarding(
                notice_days=1,
                voluntary_days=2,
                close_days=3,
                refund_days=2,
                tail_days=180,
                lead_hours=12,
                alarm_lead_hours=6,
            ),
            source="IN SPA/MF 22/2025; IN SPA/MF 31/2025; SPA/MF, questions on social benefits, "
            "items 6 and 21; the hours are the house's choice",
            certainty="primary",
            effective_from=date(2025, 11, 1),
        ),
    ),
    rtp=(
        Rule(
            rule_id="BR-GAM-01",
            value=RtpBounds(8_500, 9_900),
            source="Portaria SPA/MF 1.207/2024; GLI-19 §4.7.1(a)",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    round_pace=(
        Rule(
            rule_id="BR-WATCH-01",
            value=RoundPace(slots_ms=5_000, other_games_ms=5_000),
            source="Game design ordinance announced on 5 August 2026, not published",
            certainty="secondary",
            effective_from=None,
        ),
    ),
    autoplay=(
        Rule(
            rule_id="BR-GAM-07",
            value="limited",
            source="Portaria SPA/MF 1.207/2024 art. 40",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
        Rule(
            rule_id="BR-WATCH-02",
            value="forbidden",
            source="Game design ordinance announced on 5 August 2026, not published",
            certainty="secondary",
            effective_from=None,
        ),
    ),
    bonus=(
        Rule(
            rule_id="BR-BON-01",
            value=Bonus(first_bet_first=True, stake_order="cash_first"),
            source="Lei 14.790/2023 art. 29 I; Nota Técnica SEI 229/2025 question 78",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    payment_methods=(
        Rule(
            rule_id="BR-PAY-01",
            value=PaymentMethods(
                allowed=frozenset({"pix", "ted", "debit_card", "prepaid_card", "book_transfer"}),
                forbidden=frozenset(
                    {"boleto", "cash", "cheque", "credit_card", "crypto", "postpaid"}
                ),
            ),
            source="Portaria SPA/MF 615/2024",
            certainty="secondary",
            effective_from=date(2024, 4, 18),
        ),
    ),
    payout_minutes=(
        Rule(
            rule_id="BR-PAY-04",
            value=120,
            source="Portaria SPA/MF 615/2024",
            certainty="unverified",
            effective_from=_MARKET_OPENS,
        ),
    ),
    session=(
        Rule(
            rule_id="BR-SES-01",
            value=SessionRules(idle_minutes=30, second_factor_days=7, location_minutes=30),
            source="Portaria SPA/MF 722/2024 Annex I items 14, 16, 27-34; GLI-19 §2.5.4, §2.7",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    countries=(
        Rule(
            rule_id="BR-GEO-01",
            value=frozenset({"BR"}),
            source="Portaria SPA/MF 722/2024 Annex I items 27-34; GLI-19 §2.7.2",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    identity=(
        Rule(
            rule_id="BR-KYC-01",
            value=IdentityRules(
                level_1=("id_front", "id_back", "selfie"),
                level_2=("proof_of_address",),
                valid_days=730,
                before_play=True,
            ),
            source="Portaria SPA/MF 722/2024; Lei 14.790/2023; re-verification after two years is "
            "the house's choice",
            certainty="secondary",
            effective_from=_MARKET_OPENS,
        ),
    ),
    ggr_split=GGR_SPLITS,
    destinations=DESTINATIONS,
    inspection_fee=INSPECTION_FEE,
    prize_tax_free_minor=PRIZE_TAX_FREE,
    retention=_RETENTION,
    texts=TEXTS,
)
