"""What other contexts may know of compliance: the profiles, by code and day.

`profile_at` is the only way to a number of the law. A code that no profile has is a defect of the
configuration and never a player's problem; a day before the first version likewise.
"""

from datetime import date
from typing import Final

from shared.compliance.profile import InForce, Profile
from shared.compliance.profiles.br import BR
from shared.compliance.profiles.gli import GLI
from shared.compliance.profiles.mt import MT
from shared.compliance.profiles.uk import UK
from shared.compliance.rules import DocumentKind, GgrSplit, IdentityRules, Rule
from shared.kernel.errors import InvariantBroken
from shared.kernel.times import local_date

__all__ = [
    "PROFILES",
    "DocumentKind",
    "GgrSplit",
    "IdentityRules",
    "InForce",
    "Profile",
    "Rule",
    "profile_at",
    "profile_now",
]

PROFILES: Final[dict[str, tuple[Profile, ...]]] = {
    "br": (BR,),
    "gli": (GLI,),
    "mt": (MT,),
    "uk": (UK,),
}
"""The versions of each profile, oldest first."""


def profile_at(code: str, day: date) -> InForce:
    """The rules of the jurisdiction `code` on `day` of its calendar.

    Raises:
        InvariantBroken: for a code without a profile, or a day before its first version.
    """
    valid = [version for version in PROFILES.get(code, ()) if version.valid_from <= day]
    if not valid:
        raise InvariantBroken("known_jurisdiction", f"no profile {code!r} on {day.isoformat()}")
    return valid[-1].on(day)


def profile_now(code: str, now_ms: int) -> InForce:
    """The rules at `now_ms` (UTC milliseconds), on the jurisdiction's own calendar day."""
    versions = PROFILES.get(code)
    if not versions:
        raise InvariantBroken("known_jurisdiction", f"no profile {code!r}")
    return profile_at(code, local_date(now_ms, versions[-1].day_offset_ms))
