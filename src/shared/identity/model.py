"""Who somebody is: players, staff roles, and the principal behind an authenticated request.

A principal is what an access token proves: a subject, the login session (refresh family) it belongs
to and, for staff, a role. It says nothing about permission to play; that lives in the wallet.
"""

from dataclasses import dataclass
from typing import Final, Literal

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


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `session_id` is the refresh family; `role` is None for a player."""

    subject_id: str
    session_id: str
    role: Role | None
