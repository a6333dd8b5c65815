"""Seeds: committed before they are used, revealed when they are replaced, never used too long.

A server seed is 64 lower-case hexadecimal characters of 32 random bytes; its commitment is the
SHA-256 of that ASCII text. The hash of the *next* server seed is committed with the current one,
so that even a forced rotation draws from a seed that the player could already have seen committed
and that was made before the client seed could be changed against it.
"""

from collections.abc import Callable
from typing import Final

from shared.kernel.canonical import sha256_hex
from shared.kernel.times import DAY_MS
from shared.kernel.values import altered, value
from shared.wallet.model import Draft, Moment, Seed

MAX_NONCES: Final = 1_000
MAX_AGE_MS: Final = DAY_MS


@value
class Rotation:
    """The seed to go on with, what it leaves in the log, and the rows it changed."""

    current: Seed
    drafts: tuple[Draft, ...] = ()
    revealed: Seed | None = None

    @property
    def rows(self) -> tuple[Seed, ...]:
        return (self.current,) if self.revealed is None else (self.revealed, self.current)


def first_seed(moment: Moment) -> Rotation:
    """The seeds of a new wallet, with a random client seed until the player gives one."""
    server_seed, next_seed = _fresh(moment), _fresh(moment)
    seed = Seed(
        number=1,
        server_seed=server_seed,
        server_seed_hash=sha256_hex(server_seed),
        client_seed=moment.entropy.token(8).hex(),
        nonce=0,
        next_server_seed=next_seed,
        next_server_seed_hash=sha256_hex(next_seed),
        committed_at=moment.now_ms,
        revealed_at=None,
    )
    return Rotation(seed, (_committed(seed, moment.new_id),))


def rotate(seed: Seed, client_seed: str | None, moment: Moment) -> Rotation:
    """Reveal `seed` and go on with the server seed that was committed beside it."""
    next_seed = _fresh(moment)
    current = Seed(
        number=seed.number + 1,
        server_seed=seed.next_server_seed,
        server_seed_hash=seed.next_server_seed_hash,
        client_seed=seed.client_seed if client_seed is None else client_seed,
        nonce=0,
        next_server_seed=next_seed,
        next_server_seed_hash=sha256_hex(next_seed),
        committed_at=moment.now_ms,
        revealed_at=None,
    )
    revealed = altered(seed, revealed_at=moment.now_ms)
    reveal = Draft(moment.new_id(), "SEED_REVEALED", revealed_body(revealed))
    return Rotation(current, (reveal, _committed(current, moment.new_id)), revealed)


def rotate_if_due(seed: Seed, moment: Moment) -> Rotation:
    """Rotate a seed that drew 1,000 times or is 24 hours old; otherwise leave it."""
    if seed.nonce >= MAX_NONCES or moment.now_ms - seed.committed_at >= MAX_AGE_MS:
        return rotate(seed, None, moment)
    return Rotation(seed)


def current_body(seed: Seed) -> dict[str, object]:
    """What a player sees of the current seed; `nonce` is the next one to draw with."""
    return {
        "server_seed_hash": seed.server_seed_hash,
        "client_seed": seed.client_seed,
        "nonce": seed.nonce,
    }


def revealed_body(seed: Seed) -> dict[str, object]:
    """What a player sees of a revealed seed; `last_nonce` is -1 when nothing was drawn."""
    return {
        "server_seed": seed.server_seed,
        "server_seed_hash": seed.server_seed_hash,
        "client_seed": seed.client_seed,
        "last_nonce": seed.nonce - 1,
    }


def _committed(seed: Seed, new_id: Callable[[], str]) -> Draft:
    return Draft(
        new_id(),
        "SEED_COMMITTED",
        {
            "server_seed_hash": seed.server_seed_hash,
            "client_seed": seed.client_seed,
            "next_server_seed_hash": seed.next_server_seed_hash,
        },
    )


def _fresh(moment: Moment) -> str:
    return moment.entropy.token(32).hex()
