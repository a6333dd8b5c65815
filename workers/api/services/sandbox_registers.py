"""What the sandbox was told about its registers and its bank: which are off, and whom they list.

People are kept by a blind index, as everywhere. Nothing of this exists in another profile.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from shared.compliance.registers.ports import RegisterName
from shared.identity.sealing import BlindIndex, IndexPurpose
from shared.platform.ports import Database

KNOWN_BY: Final[Mapping[RegisterName, IndexPurpose]] = {"sigap": "cpf", "gamstop": "email"}

_BANK: Final = "bank"
"""Kept beside the registers, for it is switched as they are."""

_SWITCH: Final = """
INSERT INTO sandbox_registers (register, is_up) VALUES (?1, ?2)
ON CONFLICT (register) DO UPDATE SET is_up = ?2
"""
_LIST: Final = """
INSERT INTO sandbox_listings (register, person_index, reasons) VALUES (?1, ?2, ?3)
ON CONFLICT (register, person_index) DO UPDATE SET reasons = ?3
"""


class SandboxListings:
    """`Listings` in D1."""

    def __init__(self, db: Database, blind_index: BlindIndex) -> None:
        self._db = db
        self._index = blind_index

    async def is_up(self, register: RegisterName) -> bool:
        row = await self._db.first(
            "SELECT is_up FROM sandbox_registers WHERE register = ?", register
        )
        return row is None or row["is_up"] == 1

    async def reasons(self, register: RegisterName, person: str) -> tuple[str, ...]:
        row = await self._db.first(
            "SELECT reasons FROM sandbox_listings WHERE register = ?"
            " AND person_index IN (SELECT value FROM json_each(?))",
            register,
            json.dumps(self._index.all_of(KNOWN_BY[register], person)),
        )
        return () if row is None else tuple(json.loads(str(row["reasons"])))

    async def switch(self, register: RegisterName, *, is_up: bool) -> None:
        """Switch a register on or off."""
        await self._db.execute(_SWITCH, register, int(is_up))

    async def bank_refuses(self) -> bool:
        """Whether the sandbox's bank refuses payouts."""
        row = await self._db.first("SELECT is_up FROM sandbox_registers WHERE register = ?", _BANK)
        return row is not None and row["is_up"] == 0

    async def switch_bank(self, *, pays: bool) -> None:
        """Have the bank pay or refuse what it is asked to pay."""
        await self._db.execute(_SWITCH, _BANK, int(pays))

    async def put(self, register: RegisterName, person: str, reasons: Sequence[str]) -> None:
        """List a person; without reasons they are listed no more."""
        index = self._index.of(KNOWN_BY[register], person)
        await self._db.execute(_LIST, register, index, json.dumps(list(reasons)))
