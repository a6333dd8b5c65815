"""What the wallet needs from the games: the outcome of a round, as a pure function of the draw.

The outcome never depends on balance, history or RTP so far; the stake enters only to turn the
multiplier into minor units. The wallet decides whether the bet may be placed and moves the money.
"""

from collections.abc import Mapping
from typing import Protocol


class GameRules(Protocol):
    """The house's own games, by id."""

    def outcome(
        self,
        game_id: str,
        rtp_bps: int,
        stake_minor: int,
        params: Mapping[str, object],
        server_seed: str,
        client_seed: str,
        nonce: int,
    ) -> tuple[int, dict[str, object]]:
        """Payout in minor units and the outcome as JSON values.

        Raises:
            Rejected: `invalid_params` when the game does not know these parameters.
        """
        ...
