"""RTP is an integer of basis points (9600 = 96.00 %); a game version has one and never changes it.

What a jurisdiction demands is data: its floor holds for the version's target and, where the law
says so, for every single bet level. GLI-19 A.6.1 makes each change of RTP a new game in reports.
"""

from dataclasses import dataclass
from typing import Final

from shared.compliance.model import PROFILES as JURISDICTION_PROFILES
from shared.compliance.model import Profile

BPS: Final = 10_000
"""Basis points of 100 %."""

PLATFORM_FLOOR_BPS: Final = 8_000
PLATFORM_CEILING_BPS: Final = 9_900


@dataclass(frozen=True, slots=True)
class RtpProfile:
    """The lowest theoretical RTP of a jurisdiction, at every bet level, and who says so."""

    jurisdiction: str
    floor_bps: int
    source: str


def _profile(code: str, versions: tuple[Profile, ...]) -> RtpProfile:
    """The floor that was given last; announced rules have no date and do not count."""
    dated = [rule for rule in versions[-1].rtp if rule.effective_from is not None]
    return RtpProfile(code, dated[-1].value.floor_bps, dated[-1].source)


PROFILES: Final = {
    code: _profile(code, versions) for code, versions in JURISDICTION_PROFILES.items()
}
