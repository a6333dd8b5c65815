"""Personal data at rest: sealed under a named key, found again by a keyed index, never in clear.

A sealed text is `<scheme>.<key id>.<base64url of nonce and ciphertext>`: AES-256-GCM with a random
96-bit nonce (NIST SP 800-38D §8.2.2) bound to its owner, so a ciphertext moved to another row does
not open. Scheme v1 is under a key of the house, v2 under one of the person that it is about. The
key id lets keys rotate. A blind index is an HMAC-SHA-256 under its own key and purpose: the CPF has
only 10^9 values, so a plain hash of it would be reversed in seconds (LGPD art. 46). It names its
key too, but for the first one, whose indexes are bare; what is looked for is looked for under every
key, and written under the active one.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final, Literal

from shared.platform.ports import Crypto, Entropy

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
HOUSE_SCHEME: Final = "v1"
PERSON_SCHEME: Final = "v2"
FIRST_KEY: Final = ""
"""The id of the key whose blind indexes bear none."""

IndexPurpose = Literal["email", "cpf", "ip", "recovery"]


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


def index_keys(variable: Callable[[str], str]) -> tuple[dict[str, bytes], str]:
    """The keys of blind indexes and the active one, from the environment: BLIND_INDEX_KEY is the
    first key, gone once it is empty; BLIND_INDEX_KEYS are further ones by id; BLIND_INDEX_ACTIVE
    names one of them, or is empty.

    Raises:
        ValueError: for a malformed key.
    """
    further = json.loads(variable("BLIND_INDEX_KEYS") or "{}")
    keys = {key_id: key_from_text(text) for key_id, text in further.items()}
    if first := variable("BLIND_INDEX_KEY"):
        keys[FIRST_KEY] = key_from_text(first)
    return keys, variable("BLIND_INDEX_ACTIVE")


class BlindIndex:
    """Keyed, deterministic index of a value that is stored sealed."""

    def __init__(self, keys: Mapping[str, bytes], active_key_id: str = FIRST_KEY) -> None:
        if active_key_id not in keys:
            raise ValueError("the active key of blind indexes is not among the keys")
        assert all(len(key) == KEY_BYTES for key in keys.values())
        self._keys = dict(keys)
        self.active_key_id = active_key_id

    def of(self, purpose: IndexPurpose, value: str) -> str:
        """The index to write: 64 hex characters, behind `<key id>.` unless it is the first key's.
        Equal values of one purpose, and only those, have equal indexes under one key.
        """
        return self._under(self.active_key_id, purpose, value)

    def all_of(self, purpose: IndexPurpose, value: str) -> tuple[str, ...]:
        """Every index that the value may have been written under, the active key's first."""
        others = [key_id for key_id in self._keys if key_id != self.active_key_id]
        return tuple(self._under(one, purpose, value) for one in (self.active_key_id, *others))

    def key_of(self, index: str) -> Literal["active", "old", "gone"]:
        """Which key an index was written under; what is under one that is gone is found no more."""
        key_id = index.rpartition(".")[0]
        if key_id == self.active_key_id:
            return "active"
        return "old" if key_id in self._keys else "gone"

    def _under(self, key_id: str, purpose: IndexPurpose, value: str) -> str:
        digest = hmac.digest(self._keys[key_id], f"{purpose}:{value}".encode(), "sha256").hex()
        return f"{key_id}.{digest}" if key_id else digest


class Sealing:
    """AES-256-GCM under the active key; opens what any known key has sealed."""

    def __init__(
        self,
        crypto: Crypto,
        entropy: Entropy,
        keys: Mapping[str, bytes],
        active_key_id: str,
        scheme: str = HOUSE_SCHEME,
    ) -> None:
        if active_key_id not in keys:
            raise ValueError("the active sealing key is not among the keys")
        self._crypto = crypto
        self._entropy = entropy
        self._keys = dict(keys)
        self._scheme = scheme
        self.active_key_id = active_key_id

    async def seal(self, plain: str, *, bound: str) -> str:
        """Seal `plain` for its owner `bound` (for instance `player:<id>:cpf`)."""
        nonce = self._entropy.token(_NONCE_BYTES)
        key = self._keys[self.active_key_id]
        sealed = await self._crypto.aes_gcm_encrypt(key, nonce, plain.encode(), bound.encode())
        return f"{self._scheme}.{self.active_key_id}.{urlsafe_b64encode(nonce + sealed).decode()}"

    async def unseal(self, sealed: str, *, bound: str) -> str:
        """The plain text.

        Raises:
            ValueError: for an unknown key, another owner, or a text that was changed.
        """
        version, key_id, payload = sealed.split(".")
        if version != self._scheme or key_id not in self._keys:
            raise ValueError("sealed under an unknown scheme or key")
        data = urlsafe_b64decode(payload)
        nonce, body = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
        plain = await self._crypto.aes_gcm_decrypt(self._keys[key_id], nonce, body, bound.encode())
        return plain.decode()

    async def seal_bytes(self, plain: bytes, *, bound: str) -> bytes:
        """Seal a file: the same scheme, with the nonce and the ciphertext as they are."""
        nonce = self._entropy.token(_NONCE_BYTES)
        key = self._keys[self.active_key_id]
        sealed = await self._crypto.aes_gcm_encrypt(key, nonce, plain, bound.encode())
        return f"{self._scheme}.{self.active_key_id}.".encode() + nonce + sealed

    async def unseal_bytes(self, sealed: bytes, *, bound: str) -> bytes:
        """The file.

        Raises:
            ValueError: for an unknown key, another owner, or bytes that were changed.
        """
        version, key_id, payload = sealed.split(b".", 2)
        key = self._keys.get(key_id.decode())
        if version != self._scheme.encode() or key is None:
            raise ValueError("sealed under an unknown scheme or key")
        nonce, body = payload[:_NONCE_BYTES], payload[_NONCE_BYTES:]
        return await self._crypto.aes_gcm_decrypt(key, nonce, body, bound.encode())
