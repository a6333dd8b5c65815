"""Passwords: a policy of length and guessability, and a hash that this platform can afford.

The platform has no Argon2, scrypt or bcrypt and refuses PBKDF2 above 100,000 iterations a call, so
six calls are chained (OWASP Password Storage Cheat Sheet: 600,000 of PBKDF2-HMAC-SHA256). Each call
takes the former output as password and a salt bound to its step; an HMAC under a secret pepper ends
it, so a stolen table alone cannot be attacked. The stored text names scheme and parameters, and a
login under weaker ones hashes again (ADR 0005). Policy: NIST SP 800-63B §5.1.1.2: length, no rules
of composition, no known password, nothing that is made of the account's own name.
"""

import hmac
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from shared.identity.common_passwords import COMMON_PASSWORDS
from shared.identity.errors import PASSWORD_TOO_WEAK
from shared.kernel.errors import Rejected
from shared.platform.ports import Crypto

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 128
ITERATIONS_PER_STEP: Final = 100_000
"""The most that production accepts in one call; open-source workerd would not refuse more."""
STEPS: Final = 6
SALT_BYTES: Final = 16

_SCHEME: Final = "pbkdf2-sha256-chain"


def check_password(password: str, email: str) -> None:
    """Refuse a password that would be guessed; length counts Unicode code points after NFKC.

    Raises:
        Rejected: PASSWORD_TOO_WEAK, with a detail that does not quote the password.
    """
    text = _normalised(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise Rejected(
            PASSWORD_TOO_WEAK, f"Use {MIN_LENGTH} to {MAX_LENGTH} characters; any are allowed."
        )
    folded = text.casefold()
    if folded in COMMON_PASSWORDS or len(set(folded)) < 4:
        raise Rejected(PASSWORD_TOO_WEAK, "This password is on the lists that attackers try first.")
    mailbox = email.casefold().partition("@")[0]
    if email.casefold() in folded or (len(mailbox) >= 4 and mailbox in folded):
        raise Rejected(PASSWORD_TOO_WEAK, "The password must not contain the e-mail address.")


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password is the right one, and whether its hash should be made anew."""

    matches: bool
    is_weaker: bool


class Passwords:
    """Hashes and verifies passwords with the pepper of the house."""

    def __init__(self, crypto: Crypto, pepper: bytes) -> None:
        self._crypto = crypto
        self._pepper = pepper

    async def hash(self, password: str, salt: bytes) -> str:
        """The text to store; `salt` is 16 fresh random bytes."""
        assert len(salt) == SALT_BYTES
        derived = await self._derive(password, salt, ITERATIONS_PER_STEP, STEPS)
        parts = (_SCHEME, str(ITERATIONS_PER_STEP), str(STEPS), _text(salt), _text(derived))
        return "$".join(parts)

    async def verify(self, password: str, stored: str | None) -> Verified:
        """Compare in constant time. Without a stored hash it costs the same and never matches."""
        if stored is None:
            await self._derive(password, bytes(SALT_BYTES), ITERATIONS_PER_STEP, STEPS)
            return Verified(matches=False, is_weaker=False)
        scheme, iterations, steps, salt, expected = stored.split("$")
        if scheme != _SCHEME:
            raise ValueError("unknown password scheme")
        derived = await self._derive(password, urlsafe_b64decode(salt), int(iterations), int(steps))
        matches = hmac.compare_digest(derived, urlsafe_b64decode(expected))
        work = int(iterations) * int(steps)
        return Verified(matches, is_weaker=work < ITERATIONS_PER_STEP * STEPS)

    async def _derive(self, password: str, salt: bytes, iterations: int, steps: int) -> bytes:
        key = _normalised(password).encode()
        for step in range(steps):
            bound_salt = salt + step.to_bytes(4)
            key = await self._crypto.pbkdf2_sha256(key, bound_salt, iterations)
        return hmac.digest(self._pepper, key, "sha256")


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()
