"""RTP is an integer of basis points (9600 = 96.00 %); a game version has one and never changes it.

What a jurisdiction demands is data: its floor holds for the version's target and, where the law
says so, for every single bet level. GLI-19 A.6.1 makes each change of RTP a new game in reports.
"""

from dataclasses import dataclass
from typing import Final

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


PROFILES: Final = {
    profile.jurisdiction: profile
    for profile in (
        RtpProfile("br", 8_500, "Portaria SPA/MF 1.207/2024; GLI-19 §4.7.1(a)"),
        RtpProfile("gli", 7_500, "GLI-19 §4.7.1(a)"),
        RtpProfile("mt", 8_500, "Malta Gaming Authority, Player Protection Directive"),
        RtpProfile("uk", 0, "No minimum; RTS 3 demands that the RTP is shown"),
    )
}
