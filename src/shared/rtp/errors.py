"""How a change of RTP can be refused.

Rejected
├── INVALID_RTP                    not a percentage with at most two decimals
├── RTP_OUT_OF_BOUNDS              outside what the platform and the jurisdiction allow
└── RTP_BELOW_FLOOR_AT_BET_LEVEL   allowed on average, but truncation takes one bet level below
"""

from typing import Final

from shared.kernel.errors import Problem

INVALID_RTP: Final = Problem("invalid_rtp", 422, "Not a return to player in percent", "never")
RTP_OUT_OF_BOUNDS: Final = Problem("rtp_out_of_bounds", 422, "RTP outside the bounds", "never")
RTP_BELOW_FLOOR_AT_BET_LEVEL: Final = Problem(
    "rtp_below_floor_at_bet_level", 409, "RTP below the floor at one bet level", "never"
)

ALL_PROBLEMS: Final = (INVALID_RTP, RTP_OUT_OF_BOUNDS, RTP_BELOW_FLOOR_AT_BET_LEVEL)
