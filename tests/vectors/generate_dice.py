"""Writes `tests/vectors/dice.json`, the published test vectors of the dice game.

    PYTHONPATH=src python tests/vectors/generate_dice.py

The seeds are fixed texts, so the file is the same on every machine. `test_dice_vectors.py` checks
it against an independent few lines with `hashlib` alone, not against the code that wrote it.
"""

import json
from hashlib import sha256
from pathlib import Path

from shared.games.catalogue import CATALOGUE
from shared.games.fairness import Draws, server_seed_hash

VECTORS = Path(__file__).with_name("dice.json")

_STAKES = (1, 100, 101, 105, 9_999, 1_000_000)
_RTPS = (8_500, 9_600, 9_633, 9_900)
_CLIENT_SEEDS = ("lucky", "0", "~!#$%", "a" * 64)


def vectors() -> dict[str, object]:
    """The document: draws of one stream, and rounds over targets, sides, RTPs and stakes."""
    seed = sha256(b"dice vectors, stream").hexdigest()
    draws = Draws(seed, "lucky", 7)
    moduli = [10_000, 2, 52, 37, 1, 2**32, 2**31 + 1, 10_000, 6, 10_000, 3_000_000_000, 10_000]
    return {
        "about": "docs/fairness.md",
        "stream": {
            "server_seed": seed,
            "server_seed_hash": server_seed_hash(seed),
            "client_seed": "lucky",
            "nonce": 7,
            "below": [{"n": n, "value": draws.below(n)} for n in moduli],
        },
        "rounds": [_round(number) for number in range(64)],
    }


def _round(number: int) -> dict[str, object]:
    seed = sha256(f"dice vectors, round {number}".encode()).hexdigest()
    client_seed = _CLIENT_SEEDS[number % len(_CLIENT_SEEDS)]
    params = {"target": 2 + number * 31 % 97, "over": number % 2 == 1}
    rtp_bps, stake_minor = _RTPS[number // 4 % 4], _STAKES[number % 6]
    payout_minor, outcome = CATALOGUE.outcome(
        "dice", rtp_bps, stake_minor, params, seed, client_seed, number
    )
    return {
        "server_seed": seed,
        "server_seed_hash": server_seed_hash(seed),
        "client_seed": client_seed,
        "nonce": number,
        "rtp_bps": rtp_bps,
        "stake_minor": stake_minor,
        "params": params,
        "outcome": outcome,
        "payout_minor": payout_minor,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(vectors(), indent=1) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
