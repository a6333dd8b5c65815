"""`Crypto` on CPython: `hashlib`, and `cryptography`, which is a development dependency."""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.platform.limits import check_aes_gcm, check_pbkdf2_iterations


class NativeCrypto:
    """`Crypto` with the same results, byte for byte, as WebCrypto."""

    __slots__ = ()

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        check_pbkdf2_iterations(iterations)
        return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        check_aes_gcm(key, nonce)
        return AESGCM(key).encrypt(nonce, plain, bound)

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        check_aes_gcm(key, nonce)
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise ValueError(
                "key, nonce, bound data and ciphertext do not belong together"
            ) from None
