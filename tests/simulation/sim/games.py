"""The games of the simulated house: the real dice, and one that pays what the history says."""

from collections.abc import Mapping
from typing import Any, Final

from shared.games.catalogue import CATALOGUE
from shared.kernel.errors import Rejected
from shared.wallet import errors

PLAIN: Final = "plain"
DICE: Final = "dice"


class SimulatedGames:
    """`GameRules`. Parameters marked illegal are refused, whatever the game."""

    def outcome(
        self,
        game_id: str,
        rtp_bps: int,
        stake_minor: int,
        params: Mapping[str, object],
        server_seed: str,
        client_seed: str,
        nonce: int,
    ) -> tuple[int, dict[str, Any]]:
        if game_id == DICE:
            return CATALOGUE.outcome(
                DICE, rtp_bps, stake_minor, dict(params), server_seed, client_seed, nonce
            )
        payout = params.get("payout")
        if params.get("illegal") or not isinstance(payout, int):
            raise Rejected(errors.INVALID_PARAMS, "not a bet of this game")
        return payout, {"paid": payout}


def game_of(game_id: str, version: int) -> dict[str, Any]:
    """The configuration that a game session is opened on."""
    return {
        "game_id": game_id,
        "version": version,
        "rtp_bps": 9600,
        "min_stake_minor": 100,
        "max_stake_minor": 5_000,
        "enabled": True,
    }
