"""Sealed personal data and blind indexes."""

import asyncio
import secrets
from base64 import urlsafe_b64encode

import pytest

from shared.identity.sealing import BlindIndex, Sealing, key_from_text
from shared.platform.native.crypto import NativeCrypto
from shared.platform.native.entropy import SeededEntropy

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def _sealing(active: str = "k1", **keys: bytes) -> Sealing:
    return Sealing(NativeCrypto(), SeededEntropy(secrets.randbits(64)), keys or {"k1": OLD}, active)


def test_what_was_sealed_opens_for_its_owner_only() -> None:
    sealing = _sealing()
    sealed = asyncio.run(sealing.seal("52998224725", bound="player:a:cpf"))
    assert asyncio.run(sealing.unseal(sealed, bound="player:a:cpf")) == "52998224725"
    for other in ("player:b:cpf", "player:a:pii"):
        with pytest.raises(ValueError, match="belong together"):
            asyncio.run(sealing.unseal(sealed, bound=other))


def test_sealing_twice_gives_two_texts() -> None:
    sealing = _sealing()
    texts = {asyncio.run(sealing.seal("same", bound="b")) for _ in range(50)}
    assert len(texts) == 50


def test_after_a_rotation_the_old_opens_and_the_new_seals() -> None:
    before = asyncio.run(_sealing().seal("text", bound="b"))
    rotated = _sealing("k2", k1=OLD, k2=NEW)
    assert asyncio.run(rotated.unseal(before, bound="b")) == "text"
    assert asyncio.run(rotated.seal("text", bound="b")).startswith("v1.k2.")
    with pytest.raises(ValueError, match="unknown"):
        asyncio.run(_sealing("k2", k2=NEW).unseal(before, bound="b"))


def test_a_changed_text_does_not_open() -> None:
    sealing = _sealing()
    sealed = asyncio.run(sealing.seal("text", bound="b"))
    changed = sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]
    with pytest.raises(ValueError, match="belong together"):
        asyncio.run(sealing.unseal(changed, bound="b"))


def test_a_file_opens_for_its_owner_only_and_after_a_rotation() -> None:
    file = secrets.token_bytes(5_000)
    sealed = asyncio.run(_sealing().seal_bytes(file, bound="kyc:a:1"))
    assert file[:64] not in sealed
    rotated = _sealing("k2", k1=OLD, k2=NEW)
    assert asyncio.run(rotated.unseal_bytes(sealed, bound="kyc:a:1")) == file
    with pytest.raises(ValueError, match="belong together"):
        asyncio.run(rotated.unseal_bytes(sealed, bound="kyc:b:1"))
    with pytest.raises(ValueError, match="belong together"):
        asyncio.run(rotated.unseal_bytes(sealed[:-1] + b"\x00\x01", bound="kyc:a:1"))
    with pytest.raises(ValueError, match="unknown"):
        asyncio.run(_sealing("k2", k2=NEW).unseal_bytes(sealed, bound="kyc:a:1"))


def test_the_active_key_must_be_known() -> None:
    with pytest.raises(ValueError, match="active"):
        _sealing("k9")


def test_an_index_is_the_same_for_the_same_value_purpose_and_key_only() -> None:
    index = BlindIndex({"": OLD})
    same = index.of("cpf", "52998224725")
    assert same == BlindIndex({"": OLD}).of("cpf", "52998224725")
    others = [index.of("cpf", "52998224726"), index.of("email", "52998224725")]
    others.append(BlindIndex({"": NEW}).of("cpf", "52998224725"))
    assert len({same, *others}) == 4
    assert len(same) == 64


def test_an_index_names_its_key_and_is_looked_for_under_every_key() -> None:
    first = BlindIndex({"": OLD})
    ring = BlindIndex({"": OLD, "b2": NEW}, "b2")
    assert ring.of("cpf", "1").startswith("b2.")
    assert ring.all_of("cpf", "1") == (ring.of("cpf", "1"), first.of("cpf", "1"))
    alone = BlindIndex({"b2": NEW}, "b2")
    assert alone.all_of("cpf", "1") == (ring.of("cpf", "1"),)
    with pytest.raises(ValueError, match="active"):
        BlindIndex({"": OLD}, "b2")


def test_what_is_sealed_for_a_person_is_no_text_of_the_house() -> None:
    own = Sealing(NativeCrypto(), SeededEntropy(1), {"k1": OLD}, "k1", scheme="v2")
    sealed = asyncio.run(own.seal("text", bound="b"))
    assert sealed.startswith("v2.k1.")
    with pytest.raises(ValueError, match="unknown"):
        asyncio.run(_sealing().unseal(sealed, bound="b"))


@pytest.mark.parametrize("padding", ["", "="])
def test_a_secret_is_32_bytes_of_base64url(padding: str) -> None:
    assert key_from_text(urlsafe_b64encode(OLD).decode().rstrip("=") + padding) == OLD


@pytest.mark.parametrize("text", ["", "c2hvcnQ", "ä" * 43, "A" * 44])
def test_anything_else_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match="secret") as refused:
        key_from_text(text)
    assert not text or text not in str(refused.value)
