"""Passwords: the policy, the chained hash and its cost."""

import asyncio
import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Coroutine
from typing import Any

import pytest

from shared.identity import passwords
from shared.identity.common_passwords import COMMON_PASSWORDS
from shared.identity.passwords import Passwords, check_password
from shared.kernel.errors import Rejected
from shared.platform.native.crypto import NativeCrypto

PEPPER = b"p" * 32
SALT = bytes(range(16))


class CountingCrypto(NativeCrypto):
    """Remembers what was asked; the work itself is made small."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, int]] = []

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        self.asked.append((salt, iterations))
        return await super().pbkdf2_sha256(password, salt, 1)


def run[T](work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _refusal(password: str, email: str = "ana.souza@example.com") -> str | None:
    try:
        check_password(password, email)
    except Rejected as refused:
        rejection = refused.rejection
    else:
        return None
    assert rejection.problem.code == "password_too_weak"
    assert not password or f"'{password}'" not in rejection.detail
    return rejection.detail


def test_the_cost_is_what_owasp_asks_within_what_production_allows() -> None:
    """600,000 iterations of PBKDF2-HMAC-SHA256, at most 100,000 in one call."""
    crypto = CountingCrypto()
    run(Passwords(crypto, PEPPER).hash("correct-horse-battery-9", SALT))
    assert all(iterations <= 100_000 for _, iterations in crypto.asked)
    assert sum(iterations for _, iterations in crypto.asked) == 600_000
    salts = [salt for salt, _ in crypto.asked]
    assert len(set(salts)) == len(salts)


def test_the_construction_is_the_documented_one() -> None:
    stored = run(Passwords(NativeCrypto(), PEPPER).hash("correct-horse-battery-9", SALT))
    scheme, iterations, steps, salt, derived = stored.split("$")
    assert (scheme, iterations, steps) == ("pbkdf2-sha256-chain", "100000", "6")
    assert urlsafe_b64decode(salt) == SALT
    key = b"correct-horse-battery-9"
    for step in range(6):
        key = hashlib.pbkdf2_hmac("sha256", key, SALT + bytes([0, 0, 0, step]), 100_000)
    assert urlsafe_b64decode(derived) == hmac.digest(PEPPER, key, "sha256")


def test_the_right_password_verifies_and_another_does_not() -> None:
    house = Passwords(CountingCrypto(), PEPPER)
    stored = run(house.hash("correct-horse-battery-9", SALT))
    assert run(house.verify("correct-horse-battery-9", stored)) == passwords.Verified(True, False)
    assert not run(house.verify("correct-horse-battery-8", stored)).matches


def test_without_the_pepper_a_stolen_hash_verifies_nothing() -> None:
    stored = run(Passwords(CountingCrypto(), PEPPER).hash("correct-horse-battery-9", SALT))
    other = Passwords(CountingCrypto(), b"q" * 32)
    assert not run(other.verify("correct-horse-battery-9", stored)).matches


def test_an_account_that_does_not_exist_costs_what_a_wrong_password_does() -> None:
    crypto = CountingCrypto()
    house = Passwords(crypto, PEPPER)
    stored = run(house.hash("correct-horse-battery-9", SALT))
    crypto.asked.clear()
    run(house.verify("wrong-password-1", stored))
    wrong = [iterations for _, iterations in crypto.asked]
    crypto.asked.clear()
    assert not run(house.verify("wrong-password-1", None)).matches
    assert [iterations for _, iterations in crypto.asked] == wrong


def test_another_writing_of_the_same_characters_is_the_same_password() -> None:
    """NFKC: a keyboard that composes é and one that does not give one password."""
    house = Passwords(CountingCrypto(), PEPPER)
    stored = run(house.hash("café-com-leite", SALT))
    assert run(house.verify("cafe\N{COMBINING ACUTE ACCENT}-com-leite", stored)).matches


@pytest.mark.parametrize(
    "password",
    ["correct-horse-battery-9", "a b c d e f", "ção-ünïcødé", "x1y2z3w4", "Z" * 125 + "abc"],
)
def test_long_enough_and_unknown_is_good_enough(password: str) -> None:
    assert _refusal(password) is None


@pytest.mark.parametrize("password", ["", "short-7", "x" * 125 + "abcd"])
def test_too_short_and_too_long_are_refused(password: str) -> None:
    assert "8 to 128" in (_refusal(password) or "")


@pytest.mark.parametrize(
    "password", ["password", "Senha123", "FLAMENGO10", "12345678", "aaaaaaaaaa", "abababab"]
)
def test_what_attackers_try_first_is_refused(password: str) -> None:
    assert "lists" in (_refusal(password) or "")


@pytest.mark.parametrize("password", ["ana.souza@example.com", "my-Ana.Souza-password"])
def test_the_own_address_is_no_password(password: str) -> None:
    assert "e-mail" in (_refusal(password) or "")


def test_the_list_holds_only_passwords_that_the_length_lets_pass() -> None:
    assert all(8 <= len(word) <= 128 and word == word.casefold() for word in COMMON_PASSWORDS)
    assert len(COMMON_PASSWORDS) > 150
