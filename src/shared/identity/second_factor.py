"""When a second factor must be proven, and the codes that stand in for a lost phone.

A proof is good for the days that the profile names (Brazil: seven, Portaria SPA/MF 722/2024 Annex I
item 16) and counts for a sensitive change for ten minutes. Times of players are those of their
wallet, so that the sandbox's clock moves them; the codes themselves follow the real clock, as the
player's phone does. Pure: times and random bytes are arguments.
"""

from base64 import b32encode
from typing import Final

from shared.kernel.times import DAY_MS, MINUTE_MS

STEP_UP_MS: Final = 10 * MINUTE_MS
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
"""80 bits a code: guessing one is hopeless, so a keyed hash of it needs no stretching."""
RESET_CODE_LIFETIME_MS: Final = DAY_MS
"""How long the code is good that another administrator gives to staff who lost their phone."""

_GROUP: Final = 4


def proof_is_due(proved_at: int | None, now_ms: int, days: int | None) -> bool:
    """Whether a code must be given at login: never proven, or more than `days` ago.

    `days` is None where the profile sets no period: then every login asks.
    """
    if proved_at is None or days is None:
        return True
    return now_ms - proved_at > days * DAY_MS


def step_up_is_fresh(proved_at: int | None, now_ms: int) -> bool:
    """Whether a proof given in this session still stands for a sensitive change."""
    return proved_at is not None and now_ms - proved_at <= STEP_UP_MS


def recovery_code(random_bytes: bytes) -> str:
    """A single-use code in four groups of base32: `K3QF-7ZLM-2XWA-PD5C`."""
    assert len(random_bytes) == RECOVERY_BYTES, len(random_bytes)
    text = b32encode(random_bytes).decode()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def normalised_code(text: str) -> str:
    """A code as it is compared: without the spaces and dashes that people add, in upper case."""
    return text.replace(" ", "").replace("-", "").upper()


def is_recovery_code(normalised: str) -> bool:
    """True for what can only be a recovery code: a one-time password has digits and is shorter."""
    return len(normalised) == RECOVERY_BYTES * 8 // 5
