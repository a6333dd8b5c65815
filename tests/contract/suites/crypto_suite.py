"""What every `Crypto` computes: published vectors, and the refusals of production."""

from contract.suites.expect import equal, refused

from shared.platform.ports import Crypto

# Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
BOUND = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
PLAIN = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
SEALED = bytes.fromhex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b"
)


async def check_pbkdf2_gives_the_vectors_of_rfc_7914(crypto: Crypto) -> None:
    # RFC 7914 §11 derives 64 bytes; the first 32 are the first block, which does not depend on it.
    equal(
        (await crypto.pbkdf2_sha256(b"passwd", b"salt", 1)).hex(),
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
    )
    equal(
        (await crypto.pbkdf2_sha256(b"Password", b"NaCl", 80_000)).hex(),
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
    )


async def check_pbkdf2_runs_as_often_as_production_allows_and_no_more(crypto: Crypto) -> None:
    equal(
        (await crypto.pbkdf2_sha256(b"password", b"salt", 100_000)).hex(),
        "0394a2ede332c9a13eb82e9b24631604c31df978b4e2f0fbd2c549944f9d79a5",
    )
    for iterations in (100_001, 600_000, 0, -1):
        with refused(ValueError):
            await crypto.pbkdf2_sha256(b"password", b"salt", iterations)


async def check_pbkdf2_takes_an_empty_password_and_any_bytes(crypto: Crypto) -> None:
    empty = await crypto.pbkdf2_sha256(b"", b"salt", 1)
    zero = await crypto.pbkdf2_sha256(b"\xff\xfe", b"salt", 1)
    equal((len(empty), len(zero)), (32, 32))
    assert empty != zero


async def check_aes_gcm_gives_the_published_vector(crypto: Crypto) -> None:
    equal(await crypto.aes_gcm_encrypt(KEY, NONCE, PLAIN, BOUND), SEALED)
    equal(await crypto.aes_gcm_decrypt(KEY, NONCE, SEALED, BOUND), PLAIN)


async def check_aes_gcm_seals_nothing_with_nothing(crypto: Crypto) -> None:
    # Test case 13: a key and a nonce of zeros.
    key, nonce = bytes(32), bytes(12)
    sealed = await crypto.aes_gcm_encrypt(key, nonce, b"", b"")
    equal(sealed.hex(), "530f8afbc74536b9a963b4f1c4cb738b")
    equal(await crypto.aes_gcm_decrypt(key, nonce, sealed, b""), b"")


async def check_what_does_not_belong_together_is_refused(crypto: Crypto) -> None:
    other_key = KEY[:-1] + b"\0"
    other_nonce = NONCE[:-1] + b"\0"
    tampered = bytes([SEALED[0] ^ 1]) + SEALED[1:]
    for key, nonce, sealed, bound in (
        (other_key, NONCE, SEALED, BOUND),
        (KEY, other_nonce, SEALED, BOUND),
        (KEY, NONCE, tampered, BOUND),
        (KEY, NONCE, SEALED[:-1], BOUND),
        (KEY, NONCE, b"", BOUND),
        (KEY, NONCE, SEALED, b""),
        (KEY, NONCE, SEALED, BOUND + b"\0"),
    ):
        with refused(ValueError):
            await crypto.aes_gcm_decrypt(key, nonce, sealed, bound)


async def check_other_sizes_of_keys_and_nonces_are_refused(crypto: Crypto) -> None:
    for key, nonce in ((b"", NONCE), (KEY[:31], NONCE), (KEY, b""), (KEY, NONCE + b"\0")):
        with refused(ValueError):
            await crypto.aes_gcm_encrypt(key, nonce, PLAIN, BOUND)
        with refused(ValueError):
            await crypto.aes_gcm_decrypt(key, nonce, SEALED, BOUND)
