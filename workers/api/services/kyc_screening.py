"""Players against lists of politically exposed and sanctioned people.

A match is a row that stays, whatever became of it: the same entry is not found twice, and one that
an analyst called a false positive stays one. A new one moves the version of the case, so a decision
resolves the matches that were there to be seen, and no other. The player never sees any of it.
"""

import json
from collections.abc import Collection, Sequence
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
AND (list_id, entry_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
AND EXISTS (SELECT 1 FROM kyc_cases k WHERE k.player_id = ? AND k.version = ?)
"""
_REVISE: Final = """
INSERT INTO screening_revisions (list_id, revision, changed_at) VALUES (?, 1, ?)
ON CONFLICT (list_id) DO UPDATE SET revision = revision + 1, changed_at = excluded.changed_at
"""
_ATTEMPTS: Final = 4
_ADD: Final = "INSERT OR IGNORE INTO screening_lists VALUES (?, ?, ?, ?, ?, ?)"


async def screen(house: House, found: Found, now_ms: int) -> int:
    """Compare a player with every list and remember what matches; how many matches are new. Each
    has moved the case on by one version, if there is a case.
    """
    sealed = str(found.person["pii_sealed"])
    pii = json.loads(await house.sealing.unseal(sealed, bound=f"player:{found.player_id}:pii"))
    key, born = name_key(str(pii["full_name"])), str(found.person["birth_date"])
    matches = {
        (str(row["list_id"]), str(row["entry_id"]), str(row["kind"]))
        for row in await house.db.query(_CANDIDATES, key, born)
        if is_match(key, born, _listed(row))
    }
    if not matches:
        return 0
    changed = await house.db.batch(
        [Statement(_REMEMBER, (found.player_id, *match, now_ms)) for match in sorted(matches)]
    )
    return sum(count > 0 for count in changed)


async def matches_of(house: House, player_id: str) -> list[Record]:
    """Every match of a player, the open ones too."""
    return await house.db.query(
        "SELECT * FROM screening_matches WHERE player_id = ? ORDER BY list_id, entry_id", player_id
    )


async def open_matches(house: House, player_id: str) -> list[Record]:
    """The matches that nobody has resolved."""
    return [row for row in await matches_of(house, player_id) if row["outcome"] == "open"]


async def open_kinds(house: House, player_id: str) -> frozenset[str]:
    """Their kinds."""
    return frozenset(str(row["kind"]) for row in await open_matches(house, player_id))


def resolve(
    found: Found, matches: Sequence[Record], outcome: ScreeningOutcome, now_ms: int
) -> Statement:
    """These matches resolved, within a change of the case."""
    named = json.dumps([[row["list_id"], row["entry_id"]] for row in matches])
    return Statement(_RESOLVE, (outcome, now_ms, found.player_id, named, *found.at))


async def screen_again(house: House, player_id: str, now_ms: int) -> bool:
    """Screen a player outside of any decision; whether a match is open, which puts the case into
    review.

    Raises:
        TimeoutError: when the case moved again and again meanwhile.
    """
    for _ in range(_ATTEMPTS):
        found = await find_case(house, player_id)
        if await screen(house, found, now_ms):
            found = await find_case(house, player_id)
        is_open = bool(await open_matches(house, player_id))
        if found.case.status == "in_review" or not is_open:
            return is_open
        await open_case(house, player_id)
        moved = change_case(
            found,
            Verdict(after_match(found.case, now_ms), {}),
            reason_code=found.reason_code,
            document_reasons={},
            now_ms=now_ms,
        )
        # Whoever moved the case meanwhile may have read the matches before this one was there.
        if (await house.db.batch(moved))[-1]:
            await try_to_tell_wallet(house, player_id)
            return True
    raise TimeoutError("the case of a player did not rest")


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
