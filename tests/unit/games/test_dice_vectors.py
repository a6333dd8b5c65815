"""The published vectors against a verifier of a few lines that shares no code with the game."""

import json
import runpy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"
DOCUMENT: dict[str, Any] = json.loads((VECTORS / "dice.json").read_text(encoding="utf-8"))


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 by hand: a key of 64 bytes is exactly one block."""
    assert len(key) == 64
    inner = sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


def integers(server_seed: str, client_seed: str, nonce: int, moduli: list[int]) -> list[int]:
    stream = b"".join(
        hmac_sha256(server_seed.encode(), f"{client_seed}:{nonce}:{block}".encode())
        for block in range(16)
    )
    words = iter([int.from_bytes(stream[at : at + 4], "big") for at in range(0, len(stream), 4)])
    values = []
    for n in moduli:
        word = next(words)
        while word >= 2**32 - 2**32 % n:
            word = next(words)
        values.append(word % n)
    return values


def test_the_stream_of_the_vectors_is_the_documented_one() -> None:
    stream = DOCUMENT["stream"]
    moduli = [draw["n"] for draw in stream["below"]]
    expected = integers(stream["server_seed"], stream["client_seed"], stream["nonce"], moduli)
    assert [draw["value"] for draw in stream["below"]] == expected


def test_the_stream_of_the_vectors_skips_words_and_crosses_a_block() -> None:
    """Otherwise a verifier without rejection sampling would pass them too."""
    stream = DOCUMENT["stream"]
    moduli = [draw["n"] for draw in stream["below"]]
    block = hmac_sha256(stream["server_seed"].encode(), b"lucky:7:0")
    naive = [
        int.from_bytes(block[4 * at : 4 * at + 4], "big") % n for at, n in enumerate(moduli[:8])
    ]
    assert [draw["value"] for draw in stream["below"]][:8] != naive
    assert len(moduli) > 8


@pytest.mark.parametrize("vector", DOCUMENT["rounds"], ids=lambda vector: f"nonce{vector['nonce']}")
def test_every_round_of_the_vectors_recomputes_from_its_seeds(vector: dict[str, Any]) -> None:
    [roll] = integers(vector["server_seed"], vector["client_seed"], vector["nonce"], [10_000])
    chance = vector["params"]["target"] * 100
    win = roll >= 10_000 - chance if vector["params"]["over"] else roll < chance
    payout = vector["stake_minor"] * vector["rtp_bps"] // chance if win else 0

    assert sha256(vector["server_seed"].encode()).hexdigest() == vector["server_seed_hash"]
    assert vector["outcome"] == {"roll": roll, "win": win}
    assert vector["payout_minor"] == payout


def test_the_vectors_hold_wins_and_losses_on_both_sides() -> None:
    seen = {(vector["params"]["over"], vector["outcome"]["win"]) for vector in DOCUMENT["rounds"]}
    assert len(seen) == 4


def test_the_file_is_what_the_documented_command_writes() -> None:
    script = runpy.run_path(str(VECTORS / "generate_dice.py"))
    assert script["text"]() == (VECTORS / "dice.json").read_text(encoding="utf-8")
