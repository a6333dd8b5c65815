"""Who somebody is: players, staff roles, and the principal behind an authenticated request.

A principal is what an access token proves: a subject, the login session (refresh family) it belongs
to and, for staff, a role. It says nothing about permission to play; that lives in the wallet.
Values here are normalised: an e-mail address in lower case, a CPF as eleven digits.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, cast

from shared.compliance.model import profile_now
from shared.kernel.money import Currency

Audience = Literal["player", "staff"]
Role = Literal["support", "kyc", "aml", "finance", "game_ops", "admin", "regulator", "auditor"]
PlayerStatus = Literal["active", "suspended", "closed"]
KycStatus = Literal["pending", "in_review", "approved", "rejected", "expired"]
VipTier = Literal["bronze", "silver", "gold", "platinum"]
Gender = Literal["female", "male", "other", "undisclosed"]
LimitPeriod = Literal["daily", "weekly", "monthly"]

ROLES: Final[tuple[Role, ...]] = (
    "support",
    "kyc",
    "aml",
    "finance",
    "game_ops",
    "admin",
    "regulator",
    "auditor",
)

PERIOD_MINUTES: Final[dict[LimitPeriod, int]] = {
    "daily": 24 * 60,
    "weekly": 7 * 24 * 60,
    "monthly": 31 * 24 * 60,
}
"""The longest that each period can be: a time limit above it would limit nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `session_id` is the refresh family; `role` is None for a player.
    Who `may_only_enrol` has given a password where the profile asks a second factor too.
    """

    subject_id: str
    session_id: str
    role: Role | None
    may_only_enrol: bool = False


@dataclass(frozen=True, slots=True)
class JurisdictionRules:
    """What registration asks of a person, by the law of the place."""

    minimum_age: int
    day_offset_ms: int
    limits_are_mandatory: bool
    currency: Currency
    terms_version: str
    privacy_version: str


def registration_rules(jurisdiction: str, now_ms: int) -> JurisdictionRules:
    """What registering asks at `now_ms`, from the profile in force on that day.

    Raises:
        InvariantBroken: for a jurisdiction without a profile.
    """
    rules = profile_now(jurisdiction, now_ms)
    return JurisdictionRules(
        minimum_age=rules.minimum_age,
        day_offset_ms=rules.profile.day_offset_ms,
        limits_are_mandatory=rules.limits is not None
        and rules.limits.mandatory >= {"loss", "time"},
        currency=cast("Currency", rules.profile.currency),
        terms_version=rules.text("terms").version,
        privacy_version=rules.text("privacy").version,
    )


@dataclass(frozen=True, slots=True)
class Address:
    """Where a player lives; `state` is the two-letter UF for Brazil."""

    street: str
    number: str
    complement: str | None
    district: str | None
    city: str
    state: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True)
class RequestedLimit:
    """`value` is minor units for a loss limit, minutes for a time limit."""

    kind: Literal["loss", "time"]
    period: LimitPeriod
    value: int


@dataclass(frozen=True, slots=True)
class Application:
    """What a person declares to become a player; without a currency, that of the jurisdiction."""

    email: str
    full_name: str
    birth_date: date
    cpf: str
    phone: str
    address: Address
    gender: Gender
    currency: Currency | None
    limits: tuple[RequestedLimit, ...]
    accepts_terms: bool
    accepts_privacy: bool


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a player may do now, and the codes of what stands in the way."""

    can_bet: bool
    can_deposit: bool
    can_use_bonus: bool
    reasons: tuple[str, ...]
