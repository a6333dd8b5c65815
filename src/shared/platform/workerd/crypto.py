"""`Crypto` on WebCrypto: what the runtime's `hashlib` does not have.

No key object outlives its call: a stateless Worker serves many requests from one interpreter.
"""

from shared.platform.limits import check_aes_gcm, check_pbkdf2_iterations
from shared.platform.workerd.foreign import Foreign, JsException, js, members, to_js

_BITS = 256
_EXTRACTABLE = False


class WebCrypto:
    """`Crypto` by `crypto.subtle`."""

    __slots__ = ()

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        check_pbkdf2_iterations(iterations)
        key = await _imported(password, "PBKDF2", "deriveBits")
        algorithm = members(name="PBKDF2", hash="SHA-256", salt=to_js(salt), iterations=iterations)
        derived = await js.crypto.subtle.deriveBits(algorithm, key, _BITS)
        return bytes(derived.to_bytes())

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        check_aes_gcm(key, nonce)
        imported = await _imported(key, "AES-GCM", "encrypt")
        sealed = await js.crypto.subtle.encrypt(_aes_gcm(nonce, bound), imported, to_js(plain))
        return bytes(sealed.to_bytes())

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        check_aes_gcm(key, nonce)
        imported = await _imported(key, "AES-GCM", "decrypt")
        try:
            plain = await js.crypto.subtle.decrypt(_aes_gcm(nonce, bound), imported, to_js(sealed))
        except JsException:
            # WebCrypto says no more than OperationError, so that nothing leaks about the reason.
            raise ValueError(
                "key, nonce, bound data and ciphertext do not belong together"
            ) from None
        return bytes(plain.to_bytes())


async def _imported(key: bytes, algorithm: str, usage: str) -> Foreign:
    """A CryptoKey that is good for one use and cannot be read back."""
    return await js.crypto.subtle.importKey(
        "raw", to_js(key), algorithm, _EXTRACTABLE, to_js([usage])
    )


def _aes_gcm(nonce: bytes, bound: bytes) -> Foreign:
    return members(name="AES-GCM", iv=to_js(nonce), additionalData=to_js(bound), tagLength=128)
