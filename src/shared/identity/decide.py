"""The decisions of identity: who may register, who is locked out, what a player may do.

Pure: state, command and time are arguments. Age is counted in completed years on the calendar of
the jurisdiction: in Brazil an eighteenth birthday begins at midnight in São Paulo, 03:00 UTC.
"""

from typing import Final

from shared.identity.errors import (
    CONSENT_REQUIRED,
    CURRENCY_NOT_ALLOWED,
    LIMITS_REQUIRED,
    UNDERAGE,
)
from shared.identity.model import (
    Application,
    Eligibility,
    JurisdictionRules,
    PlayerStatus,
)
from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS, full_years, local_date

MAX_FAILURES: Final = 3
LOCK_MS: Final = 30 * MINUTE_MS
"""Three failures within half an hour lock the login for half an hour."""

ACCOUNT_NOT_ACTIVE: Final = "account_not_active"
BONUS_BEFORE_FIRST_BET: Final = "bonus_before_first_bet"
"""Reasons that the wallet does not give."""


def normalise_email(text: str) -> str:
    """One form for every way to write an address: no white space around it, lower case."""
    return text.strip().lower()


def check_application(application: Application, rules: JurisdictionRules, now_ms: int) -> None:
    """Refuse whom the rules keep out.

    Raises:
        Rejected: UNDERAGE, CONSENT_REQUIRED, LIMITS_REQUIRED or CURRENCY_NOT_ALLOWED, the first
            that applies.
    """
    today = local_date(now_ms, rules.day_offset_ms)
    if full_years(application.birth_date, today) < rules.minimum_age:
        raise Rejected(UNDERAGE, f"Players must be at least {rules.minimum_age} years old.")
    if not (application.accepts_terms and application.accepts_privacy):
        raise Rejected(CONSENT_REQUIRED, "Set accept_terms and accept_privacy to true.")
    kinds = {limit.kind for limit in application.limits}
    if rules.limits_are_mandatory and kinds != {"loss", "time"}:
        raise Rejected(LIMITS_REQUIRED, "Choose a loss limit and a time limit.")
    if application.currency not in (None, rules.currency):
        raise Rejected(CURRENCY_NOT_ALLOWED, f"Wallets are kept in {rules.currency} here.")


def eligibility(*, status: PlayerStatus, wallet: Eligibility, has_bet: bool) -> Eligibility:
    """What the player may do: what the wallet lets through, of an account that is open. Bonuses
    come only after a first bet (Lei 14.790/2023 art. 29 I).
    """
    is_active = status == "active"
    reasons = [*([] if is_active else [ACCOUNT_NOT_ACTIVE]), *wallet.reasons]
    if not has_bet:
        reasons.append(BONUS_BEFORE_FIRST_BET)
    return Eligibility(
        can_bet=is_active and wallet.can_bet,
        can_deposit=is_active and wallet.can_deposit,
        can_use_bonus=is_active and wallet.can_use_bonus and has_bet,
        reasons=tuple(reasons),
    )
