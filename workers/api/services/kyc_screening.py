"""Players against lists of politically exposed and sanctioned people.

A match is a row that stays, whatever became of it: the same entry is not found twice, and one that
an analyst called a false positive stays one. The player never sees any of it.
"""

import json
from collections.abc import Collection
from typing import Final

from services.container import House
from services.kyc_fact import try_to_tell_wallet
from services.kyc_store import Found, change_case, find_case, open_case
from shared.compliance.kyc import ScreeningOutcome, Verdict, after_match
from shared.compliance.screening import Listed, ListKind, is_match, name_key
from shared.platform.ports import Record, Statement

_CANDIDATES: Final = (
    "SELECT list_id, entry_id, kind, name_key, born FROM screening_lists"
    " WHERE name_key = ?1 OR born = ?2"
)
_REMEMBER: Final = (
    "INSERT OR IGNORE INTO screening_matches (player_id, list_id, entry_id, kind, found_at)"
    " VALUES (?, ?, ?, ?, ?)"
)
_RESOLVE: Final = """
UPDATE screening_matches SET outcome = ?, resolved_at = ? WHERE player_id = ? AND outcome = 'open'
AND EXISTS (SELECT 1 FROM kyc_cases k WHERE k.player_id = ? AND k.version = ?)
"""
_REVISE: Final = """
INSERT INTO screening_revisions (list_id, revision, changed_at) VALUES (?, 1, ?)
ON CONFLICT (list_id) DO UPDATE SET revision = revision + 1, changed_at = excluded.changed_at
"""
_ADD: Final = "INSERT OR IGNORE INTO screening_lists VALUES (?, ?, ?, ?, ?, ?)"


async def screen(house: House, found: Found, now_ms: int) -> None:
    """Compare a player with every list and remember what matches."""
    sealed = str(found.person["pii_sealed"])
    pii = json.loads(await house.sealing.unseal(sealed, bound=f"player:{found.player_id}:pii"))
    key, born = name_key(str(pii["full_name"])), str(found.person["birth_date"])
    matches = {
        (str(row["list_id"]), str(row["entry_id"]), str(row["kind"]))
        for row in await house.db.query(_CANDIDATES, key, born)
        if is_match(key, born, _listed(row))
    }
    if matches:
        await house.db.batch(
            [Statement(_REMEMBER, (found.player_id, *match, now_ms)) for match in sorted(matches)]
        )


async def matches_of(house: House, player_id: str) -> list[Record]:
    """Every match of a player, the open ones too."""
    return await house.db.query(
        "SELECT * FROM screening_matches WHERE player_id = ? ORDER BY list_id, entry_id", player_id
    )


async def open_kinds(house: House, player_id: str) -> frozenset[str]:
    """The kinds of the matches that nobody has resolved."""
    rows = await matches_of(house, player_id)
    return frozenset(str(row["kind"]) for row in rows if row["outcome"] == "open")


def resolve(found: Found, outcome: ScreeningOutcome, now_ms: int) -> Statement:
    """All open matches of a player resolved, within a change of the case."""
    return Statement(_RESOLVE, (outcome, now_ms, found.player_id, *found.at))


async def screen_again(house: House, player_id: str, now_ms: int) -> bool:
    """Screen a player outside of any decision; whether a match is open, which puts the case into
    review.
    """
    found = await find_case(house, player_id)
    await screen(house, found, now_ms)
    is_open = bool(await open_kinds(house, player_id))
    if found.case.status == "in_review" or not is_open:
        return is_open
    await open_case(house, player_id)
    verdict = Verdict(after_match(found.case, now_ms), {})
    # When the case has moved meanwhile, whoever moved it has screened the player too.
    await house.db.batch(
        change_case(
            found, verdict, reason_code=found.reason_code, document_reasons={}, now_ms=now_ms
        )
    )
    await try_to_tell_wallet(house, player_id)
    return True


async def replace_list(
    house: House, list_id: str, kind: ListKind, entries: Collection[Listed], now_ms: int
) -> None:
    """Put a list in the place of what was there under its id, so that everybody is screened again
    (`services.kyc_sweep`); matches found before stay. The same list again is no change.
    """
    known = await house.db.query(
        "SELECT entry_id, kind, name_key, born FROM screening_lists WHERE list_id = ?", list_id
    )
    wanted = {(entry.entry_id, kind, entry.name_key, entry.born) for entry in entries}
    if {tuple(row.values()) for row in known} == wanted:
        return
    rows = [
        Statement(_ADD, (list_id, entry.entry_id, kind, entry.name_key, entry.born, now_ms))
        for entry in entries
    ]
    delete = Statement("DELETE FROM screening_lists WHERE list_id = ?", (list_id,))
    await house.db.batch([delete, *rows, Statement(_REVISE, (list_id, now_ms))])


def _listed(row: Record) -> Listed:
    born = row["born"]
    return Listed(
        entry_id=str(row["entry_id"]),
        name_key=str(row["name_key"]),
        born=None if born is None else str(born),
    )
