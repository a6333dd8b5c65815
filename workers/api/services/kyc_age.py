"""Birth dates as they were read on documents: by a provider, kept with the document, or by an
analyst, kept in a row of its own before anything is decided on it. A refusal forgets none.
"""

import json
from datetime import date
from typing import Final

from services.audit import Action, carry_out
from services.container import House
from services.kyc_store import Found
from services.rows import integer
from shared.compliance.age import Age, Reading, open_underage
from shared.compliance.evidence import newest_of_each_kind
from shared.compliance.model import profile_now
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import local_date
from shared.platform.ports import Record, Statement

_REMEMBER: Final = (
    "INSERT INTO birth_date_readings (reading_id, player_id, born, documents, actor_id, actor_role,"
    " read_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_READINGS: Final = "SELECT * FROM birth_date_readings WHERE player_id = ? ORDER BY rowid"
_SETTLE: Final = """
UPDATE kyc_cases SET age_settled = ? WHERE player_id = ? AND version = ?
"""


async def remember_reading(
    house: House, analyst: Principal, found: Found, born: date, now_ms: int
) -> None:
    """Keep what an analyst read on the documents that count now; it moves the case on by one
    version. The log of actions names the documents, never the date.
    """
    reading_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    documents = sorted(_counting(found))
    values = (
        reading_id,
        found.player_id,
        born.isoformat(),
        json.dumps(documents),
        analyst.subject_id,
        analyst.role,
        now_ms,
    )
    told = {"reading_id": reading_id, "documents": documents}

    async def plan() -> Action:
        return Action("kyc.birth_date.read", found.player_id, told, (Statement(_REMEMBER, values),))

    _, happened = await carry_out(house, analyst, now_ms, plan)
    if not happened:
        raise InvariantBroken("reading_is_kept", reading_id)


async def readings_of(house: House, player_id: str) -> list[Record]:
    """What analysts read on the documents of a player, oldest first."""
    return await house.db.query(_READINGS, player_id)


async def age_of(house: House, found: Found, now_ms: int) -> Age:
    """How old a player is, by all that was ever read."""
    rules = profile_now(house.settings.jurisdiction, now_ms)
    by_analysts = await readings_of(house, found.player_id)
    return Age(
        declared=date.fromisoformat(str(found.person["birth_date"])),
        readings=(*_by_providers(found), *_by_analysts(found, by_analysts)),
        least=rules.minimum_age,
        today=local_date(now_ms, rules.profile.day_offset_ms),
        settled=settled_of(found),
    )


def settled_of(found: Found) -> frozenset[str]:
    """The sources of readings that two people have settled."""
    return frozenset(json.loads(str(found.person["age_settled"] or "[]")))


def settle(found: Found, age: Age) -> Statement:
    """Every reading under the legal age is settled, within a change of the case."""
    sources = age.settled | {one.source for one in open_underage(age)}
    return Statement(_SETTLE, (json.dumps(sorted(sources)), *found.at))


def _counting(found: Found) -> dict[str, int]:
    """When each document that counts was sent."""
    live = {one.document_id for one in newest_of_each_kind(found.documents).values()}
    return {
        str(row["document_id"]): integer(row["created_at"])
        for row in found.rows
        if row["document_id"] in live
    }


def _by_providers(found: Found) -> list[Reading]:
    counting = _counting(found)
    return [
        Reading(
            source=(document_id := str(row["document_id"])),
            born=date.fromisoformat(str(row["read_birth_date"])),
            reader="provider",
            read_at=integer(row["created_at"]),
            sent_at=counting.get(document_id),
        )
        for row in found.rows
        if row["read_birth_date"] is not None
    ]


def _by_analysts(found: Found, rows: list[Record]) -> list[Reading]:
    counting = _counting(found)
    return [
        Reading(
            source=str(row["reading_id"]),
            born=date.fromisoformat(str(row["born"])),
            reader="analyst",
            read_at=integer(row["read_at"]),
            sent_at=max(
                (counting[one] for one in json.loads(str(row["documents"])) if one in counting),
                default=None,
            ),
        )
        for row in rows
        if row["born"] is not None
    ]
