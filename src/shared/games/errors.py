"""How a game, a draw or a verification can refuse its arguments.

Rejected
├── GAME_NOT_FOUND        no game of ours has this id
├── INVALID_PARAMS        the bet's parameters are not a bet of this game; `errors[]` says where
├── INVALID_CLIENT_SEED   the player's seed is not 1 to 64 visible ASCII characters without ":"
└── INVALID_SERVER_SEED   a revealed seed is not 64 lower-case hexadecimal characters
"""

from typing import Final

from shared.kernel.errors import Problem

GAME_NOT_FOUND: Final = Problem("game_not_found", 404, "There is no such game", "never")
INVALID_PARAMS: Final = Problem("invalid_params", 422, "Not a bet of this game", "never")
INVALID_CLIENT_SEED: Final = Problem("invalid_client_seed", 422, "Not a client seed", "never")
INVALID_SERVER_SEED: Final = Problem("invalid_server_seed", 422, "Not a server seed", "never")

ALL_PROBLEMS: Final = (GAME_NOT_FOUND, INVALID_PARAMS, INVALID_CLIENT_SEED, INVALID_SERVER_SEED)
