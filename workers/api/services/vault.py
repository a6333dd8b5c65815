"""Personal data at rest: under a key of the person that they are about, that under the house's.

Each person has two keys: `profile` opens what may go at once, `records` what law keeps for a time.
A key lies wrapped in D1 and nowhere else; nothing remembers it from one request to the next, so
once it is destroyed nothing opens any more, wherever a copy of the data lies. What is bound to a
person (`player:<id>:…`, `kyc:<id>:…`, `export:<id>:…`) goes under that person's key; all else, and
what was sealed before there were such keys, under a key of the house. Turning the house's key over
means to wrap the small keys anew, not the data.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, Literal

from shared.identity.errors import PERSONAL_DATA_ERASED
from shared.identity.sealing import HOUSE_SCHEME, KEY_BYTES, PERSON_SCHEME, Sealing
from shared.kernel.errors import Rejected
from shared.platform.ports import Clock, Crypto, Database, Entropy

type KeyPurpose = Literal["profile", "records"]

_OF_A_PERSON: Final = re.compile(r"(player|kyc|export):([0-9a-f-]{36}):(.+)")
_HOUSE: Final = f"{HOUSE_SCHEME}."
_READ: Final = "SELECT wrapped FROM person_keys WHERE player_id = ? AND purpose = ?"
_MAKE: Final = """
INSERT OR IGNORE INTO person_keys (player_id, purpose, wrapped, key_id, created_at)
VALUES (?, ?, ?, ?, CAST(? AS INTEGER))
"""


def owner_of(bound: str) -> tuple[str, KeyPurpose] | None:
    """Whose key something bound like this goes under; None: the house's."""
    found = _OF_A_PERSON.fullmatch(bound)
    if found is None:
        return None
    kind, player_id, field = found.groups()
    is_profile = kind == "export" or field == "pii"
    return player_id, "profile" if is_profile else "records"


def wrapping(player_id: str, purpose: str) -> str:
    """What a wrapped key is bound to."""
    return f"person-key:{player_id}:{purpose}"


class Vault:
    """Seals and opens like `Sealing`, each person's data under their own keys."""

    def __init__(
        self, db: Database, clock: Clock, crypto: Crypto, entropy: Entropy, house: Sealing
    ) -> None:
        self._db = db
        self._clock = clock
        self._crypto = crypto
        self._entropy = entropy
        self.house = house

    async def seal(self, plain: str, *, bound: str) -> str:
        """Seal `plain` for its owner `bound` (for instance `player:<id>:cpf`).

        Raises:
            Rejected: PERSONAL_DATA_ERASED when the person's key was destroyed.
        """
        return await (await self._to_seal(bound)).seal(plain, bound=bound)

    async def seal_for_nobody(self, plain: str, *, bound: str) -> str:
        """Seal under a key of the house for as much work as under one of a person (one read of D1,
        two uses of AES), so that time does not tell whoever waits that there is no such person.
        """
        await self._db.first(_READ, "", "records")
        key = urlsafe_b64encode(self._entropy.token(KEY_BYTES)).decode()
        await self.house.seal(key, bound=wrapping("", "records"))
        return await self.house.seal(plain, bound=bound)

    async def unseal(self, sealed: str, *, bound: str) -> str:
        """The plain text.

        Raises:
            Rejected: PERSONAL_DATA_ERASED when the person's key was destroyed.
            ValueError: for an unknown key, another owner, or a text that was changed.
        """
        sealing = await self._to_open(bound, is_of_the_house=sealed.startswith(_HOUSE))
        return await sealing.unseal(sealed, bound=bound)

    async def seal_bytes(self, plain: bytes, *, bound: str) -> bytes:
        """Seal a file; as `seal`."""
        return await (await self._to_seal(bound)).seal_bytes(plain, bound=bound)

    async def unseal_bytes(self, sealed: bytes, *, bound: str) -> bytes:
        """The file; as `unseal`."""
        sealing = await self._to_open(bound, is_of_the_house=sealed.startswith(_HOUSE.encode()))
        return await sealing.unseal_bytes(sealed, bound=bound)

    async def _to_seal(self, bound: str) -> Sealing:
        owner = owner_of(bound)
        if owner is None:
            return self.house
        key = await self._key(*owner)
        if key is None:
            wrapped = await self.house.seal(
                urlsafe_b64encode(self._entropy.token(KEY_BYTES)).decode(), bound=wrapping(*owner)
            )
            # Of two at once one makes the key, and both read that one.
            now_ms = self._clock.now_ms()
            await self._db.execute(_MAKE, *owner, wrapped, self.house.active_key_id, now_ms)
            key = await self._key(*owner)
            assert key is not None
        return self._under(owner[1], key)

    async def _to_open(self, bound: str, *, is_of_the_house: bool) -> Sealing:
        owner = owner_of(bound)
        if owner is None or is_of_the_house:
            return self.house
        key = await self._key(*owner)
        if key is None:
            raise ValueError("sealed under a key of a person who has none")
        return self._under(owner[1], key)

    async def _key(self, player_id: str, purpose: KeyPurpose) -> bytes | None:
        row = await self._db.first(_READ, player_id, purpose)
        if row is None:
            return None
        if row["wrapped"] is None:
            raise Rejected(PERSONAL_DATA_ERASED, "The key of these data was destroyed.")
        text = await self.house.unseal(str(row["wrapped"]), bound=wrapping(player_id, purpose))
        return urlsafe_b64decode(text)

    def _under(self, purpose: KeyPurpose, key: bytes) -> Sealing:
        return Sealing(self._crypto, self._entropy, {purpose: key}, purpose, scheme=PERSON_SCHEME)
