"""What RTP an operator may configure: exact parsing, then the platform's and the law's bounds.

A percentage becomes basis points without float arithmetic: a JSON number is taken by its shortest
decimal text, so 96.5 is 9650 and 96.505 is refused instead of rounded. The bounds are checked
twice: the target against platform and jurisdiction, and the worst bet level, truncation included,
against the jurisdiction's floor, which holds at every bet level (Portaria SPA/MF 1.207/2024,
GLI-19 §4.7.1).
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from shared.games.model import BetLevel
from shared.kernel.errors import InvariantBroken, Rejected
from shared.rtp.errors import INVALID_RTP, RTP_BELOW_FLOOR_AT_BET_LEVEL, RTP_OUT_OF_BOUNDS
from shared.rtp.model import (
    BPS,
    PLATFORM_CEILING_BPS,
    PLATFORM_FLOOR_BPS,
    PROFILES,
    RtpProfile,
)

_PERCENT: Final = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")


def parse_rtp(percent: object) -> int:
    """Basis points of a percentage: `96.5`, `"96.50"`, `96` or `Decimal("96.5")`.

    Raises:
        Rejected: INVALID_RTP for anything else, a third decimal and exponents included.
    """
    match = _PERCENT.fullmatch(_digits(percent))
    if match is None:
        raise Rejected(
            INVALID_RTP,
            "rtp is a percentage with at most two decimals, for example 96.5.",
            errors=[{"loc": ["body", "rtp"], "msg": "is a percentage with at most two decimals"}],
        )
    whole, decimals = match.groups()
    return int(whole) * 100 + int((decimals or "").ljust(2, "0"))


def check_rtp(jurisdiction: str, rtp_bps: int) -> None:
    """The target of a version against the platform's range and the jurisdiction's floor.

    Raises:
        Rejected: RTP_OUT_OF_BOUNDS with `floor`, `ceiling` and `source`.
    """
    profile = _profile(jurisdiction)
    floor_bps = max(PLATFORM_FLOOR_BPS, profile.floor_bps)
    if floor_bps <= rtp_bps <= PLATFORM_CEILING_BPS:
        return
    floor, ceiling = percent_of_bps(floor_bps), percent_of_bps(PLATFORM_CEILING_BPS)
    raise Rejected(
        RTP_OUT_OF_BOUNDS,
        f"{percent_of_bps(rtp_bps)} % is not between {floor} % and {ceiling} % ({jurisdiction}).",
        floor=floor,
        ceiling=ceiling,
        jurisdiction=jurisdiction,
        source=profile.source,
    )


def check_version(jurisdiction: str, rtp_bps: int, worst: BetLevel) -> None:
    """A whole version: its target, and `worst`, the lowest RTP over its legal bets and stakes.

    Raises:
        Rejected: RTP_OUT_OF_BOUNDS, RTP_BELOW_FLOOR_AT_BET_LEVEL.
    """
    check_rtp(jurisdiction, rtp_bps)
    profile = _profile(jurisdiction)
    if worst.rtp >= Fraction(profile.floor_bps, BPS):
        return
    floor, at_worst = percent_of_bps(profile.floor_bps), percent_of_bps(int(worst.rtp * BPS))
    raise Rejected(
        RTP_BELOW_FLOOR_AT_BET_LEVEL,
        f"A stake of {worst.stake_minor} minor units on {worst.params} returns {at_worst} %, below "
        f"the {floor} % that holds at every bet level: raise the RTP or the minimum stake.",
        floor=floor,
        rtp_at_bet_level=at_worst,
        stake_minor=worst.stake_minor,
        params=worst.params,
        source=profile.source,
    )


def percent_of_bps(rtp_bps: int) -> str:
    """`9650` becomes `"96.50"`."""
    return f"{rtp_bps // 100}.{rtp_bps % 100:02d}"


def _digits(percent: object) -> str:
    if isinstance(percent, str):
        return percent
    if type(percent) is int:
        return str(percent) if 0 <= percent <= BPS else ""
    if type(percent) is float:
        # `repr` of a float is the shortest decimal that reads back as it: the digits sent.
        return repr(percent)
    return str(percent) if isinstance(percent, Decimal) else ""


def _profile(jurisdiction: str) -> RtpProfile:
    profile = PROFILES.get(jurisdiction)
    if profile is None:
        raise InvariantBroken("known_jurisdiction", f"no RTP profile for {jurisdiction!r}")
    return profile
