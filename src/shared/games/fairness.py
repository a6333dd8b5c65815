"""Draws that a player can check: committed seed, HMAC-SHA256 stream, exactly uniform integers.

Block k of a round is HMAC-SHA256 with the key = the 64 lower-case hexadecimal characters of the
server seed as ASCII and the message `client_seed:nonce:k` as ASCII, k = 0, 1, … The stream is cut
into 4-byte big-endian words x; a uniform integer below n is `x mod n` of the next word with
x < 2^32 - (2^32 mod n), and other words are skipped. Nothing else enters a draw, so whoever has
the three inputs recomputes the round; SHA-256 of the server seed is published before the first
bet. Scaling adds no bias and no draw sees another round (GLI-19 chapter 3 and §4.5.2).
"""

import re
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from typing import Final

from shared.games.errors import INVALID_CLIENT_SEED, INVALID_SERVER_SEED
from shared.kernel.errors import Rejected

SERVER_SEED_BYTES: Final = 32
WORD_SPACE: Final = 1 << 32

_SERVER_SEED: Final = re.compile(r"[0-9a-f]{64}")
_CLIENT_SEED: Final = re.compile(r"[!-9;-~]{1,64}")  # visible ASCII without ":", the separator


def new_server_seed(random_bytes: bytes) -> str:
    """A server seed, 64 lower-case hexadecimal characters, of 32 bytes of the platform's CSPRNG."""
    assert len(random_bytes) == SERVER_SEED_BYTES, len(random_bytes)
    return random_bytes.hex()


def server_seed_hash(server_seed: str) -> str:
    """The commitment: SHA-256 of the seed's ASCII characters, in hexadecimal."""
    return sha256(server_seed.encode("ascii")).hexdigest()


def check_server_seed(server_seed: str) -> str:
    """The seed itself.

    Raises:
        Rejected: INVALID_SERVER_SEED unless it is 64 lower-case hexadecimal characters.
    """
    if _SERVER_SEED.fullmatch(server_seed) is None:
        raise Rejected(
            INVALID_SERVER_SEED, "A server seed is 64 lower-case hexadecimal characters."
        )
    return server_seed


def check_client_seed(client_seed: str) -> str:
    """The seed itself.

    Raises:
        Rejected: INVALID_CLIENT_SEED unless it is 1 to 64 visible ASCII characters without ":".
    """
    if _CLIENT_SEED.fullmatch(client_seed) is None:
        raise Rejected(
            INVALID_CLIENT_SEED,
            "A client seed is 1 to 64 visible ASCII characters (no space) without ':'.",
        )
    return client_seed


def uniform_below(n: int, next_word: Callable[[], int], word_space: int = WORD_SPACE) -> int:
    """An integer uniform on 0 … n-1 out of words uniform on 0 … word_space-1, without bias.

    Fewer than half of all words are skipped for any n, so the expected number is below two.
    """
    assert 1 <= n <= word_space, n
    fair = word_space - word_space % n
    while True:
        word = next_word()
        if word < fair:
            return word % n


class Draws:
    """The draws of one round, in order. Implements `shared.games.model.Random`."""

    __slots__ = ("_block", "_block_number", "_key", "_message", "_offset")

    def __init__(self, server_seed: str, client_seed: str, nonce: int) -> None:
        self._key = server_seed.encode("ascii")
        self._message = f"{client_seed}:{nonce}:".encode("ascii")
        self._block = b""
        self._block_number = 0
        self._offset = 0

    def below(self, n: int) -> int:
        """The next integer of the round, uniform on 0 … n-1; 1 ≤ n ≤ 2^32."""
        return uniform_below(n, self.next_word)

    def next_word(self) -> int:
        """The next 4-byte big-endian word of the stream."""
        if self._offset == len(self._block):
            message = self._message + str(self._block_number).encode("ascii")
            self._block = digest(self._key, message, "sha256")
            self._block_number += 1
            self._offset = 0
        word = int.from_bytes(self._block[self._offset : self._offset + 4])
        self._offset += 4
        return word
