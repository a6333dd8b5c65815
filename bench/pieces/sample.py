"""The bet that every piece is measured with: one player, one dice session, one answer."""

import json
from typing import Final

PLAYER: Final = "01a203dd-83c9-744c-b603-d0442593ad01"
LOGIN_SESSION: Final = "01a203dd-83c9-744c-b603-d0442593ad02"
ADDRESS: Final = "0123456789abcdef0123456789abcdef"
CONTEXT: Final = f'{{"games":{{"dice":[1,1]}},"address":"{ADDRESS}"}}'
PARAMS: Final = {"target": 50, "over": False}


def payload(session_id: str = LOGIN_SESSION) -> str:
    """The body of `POST /v1/me/rounds`, which is also the payload of the wallet's `play`."""
    return json.dumps({"session_id": session_id, "stake_minor": 100, "params": PARAMS})


CALL: Final = ("play", "0123456789abcdef-1234", LOGIN_SESSION, payload(), CONTEXT)
ANSWER: Final = "201 0 " + json.dumps(
    {
        "round_id": PLAYER,
        "status": "settled",
        "game_id": "dice",
        "game_version": 1,
        "stake_minor": 100,
        "payout_minor": 192,
        "outcome": {"roll": 1234, "win": True},
        "fairness": {"server_seed_hash": "0" * 64, "client_seed": "0" * 16, "nonce": 12},
        "wallet": {"cash_minor": 123456, "bonus_minor": 0, "seq": 1234},
        "warnings": [],
    }
)
LOG_LINE: Final = {
    "method": "POST",
    "request_id": PLAYER,
    "route": "/v1/me/rounds",
    "subject": PLAYER,
    "status": 201,
    "ms": 3,
}
