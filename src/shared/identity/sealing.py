"""Personal data at rest: sealed under a named key, found again by a keyed index, never in clear.

A sealed text is `v1.<key id>.<base64url of nonce and ciphertext>`: AES-256-GCM with a random 96-bit
nonce (NIST SP 800-38D §8.2.2) bound to its owner, so a ciphertext moved to another row does not
open. The key id lets keys rotate. A blind index is an HMAC-SHA-256 under its own key and purpose:
the CPF has only 10^9 values, so a plain hash of it would be reversed in seconds (LGPD art. 46).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, Literal

from shared.platform.ports import Crypto, Entropy

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_VERSION: Final = "v1"

IndexPurpose = Literal["email", "cpf", "ip"]


def key_from_text(text: str) -> bytes:
    """A 32-byte secret from its base64url text, padded or not.

    Raises:
        ValueError: for anything else; the message does not quote the secret.
    """
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise ValueError("a secret is not base64url") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a secret has {len(key)} bytes, not {KEY_BYTES}")
    return key


class BlindIndex:
    """Keyed, deterministic index of a value that is stored sealed."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES
        self._key = key

    def of(self, purpose: IndexPurpose, value: str) -> str:
        """64 hex characters; equal values of one purpose, and only those, have equal indexes."""
        return hmac.digest(self._key, f"{purpose}:{value}".encode(), "sha256").hex()


class Sealing:
    """AES-256-GCM under the active key; opens what any known key has sealed."""

    def __init__(
        self, crypto: Crypto, entropy: Entropy, keys: Mapping[str, bytes], active_key_id: str
    ) -> None:
        if active_key_id not in keys:
            raise ValueError("the active sealing key is not among the keys")
        self._crypto = crypto
        self._entropy = entropy
        self._keys = dict(keys)
        self._active = active_key_id

    async def seal(self, plain: str, *, bound: str) -> str:
        """Seal `plain` for its owner `bound` (for instance `player:<id>:cpf`)."""
        nonce = self._entropy.token(_NONCE_BYTES)
        key = self._keys[self._active]
        sealed = await self._crypto.aes_gcm_encrypt(key, nonce, plain.encode(), bound.encode())
        return f"{_VERSION}.{self._active}.{urlsafe_b64encode(nonce + sealed).decode()}"

    async def unseal(self, sealed: str, *, bound: str) -> str:
        """The plain text.

        Raises:
            ValueError: for an unknown key, another owner, or a text that was changed.
        """
        version, key_id, payload = sealed.split(".")
        if version != _VERSION or key_id not in self._keys:
            raise ValueError("sealed under an unknown scheme or key")
        data = urlsafe_b64decode(payload)
        nonce, body = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
        plain = await self._crypto.aes_gcm_decrypt(self._keys[key_id], nonce, body, bound.encode())
        return plain.decode()

    async def seal_bytes(self, plain: bytes, *, bound: str) -> bytes:
        """Seal a file: the same scheme, with the nonce and the ciphertext as they are."""
        nonce = self._entropy.token(_NONCE_BYTES)
        key = self._keys[self._active]
        sealed = await self._crypto.aes_gcm_encrypt(key, nonce, plain, bound.encode())
        return f"{_VERSION}.{self._active}.".encode() + nonce + sealed

    async def unseal_bytes(self, sealed: bytes, *, bound: str) -> bytes:
        """The file.

        Raises:
            ValueError: for an unknown key, another owner, or bytes that were changed.
        """
        version, key_id, payload = sealed.split(b".", 2)
        key = self._keys.get(key_id.decode())
        if version != _VERSION.encode() or key is None:
            raise ValueError("sealed under an unknown scheme or key")
        nonce, body = payload[:_NONCE_BYTES], payload[_NONCE_BYTES:]
        return await self._crypto.aes_gcm_decrypt(key, nonce, body, bound.encode())
