"""What a wallet is told of the registers: a fact, told again until the wallet has accepted it.

What is told is computed from D1 at that moment (the standing, whether the person leaves the house,
whether they have shown who they are), so it does not matter who tells it, or how often. Versions
rise, and one is given only for what still stands, so that an older word never takes the place of a
newer one.
"""

import json
from typing import Final, Literal, cast

from services.container import House
from services.gate import record_fact
from services.registers import standing_of
from services.rows import integer
from shared.compliance.model import profile_now
from shared.compliance.registers.checks import Told, told_of
from shared.compliance.registers.ports import RegisterName
from shared.kernel.canonical import canonical_json
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import PlatformError, Record

TELL_AGAIN_AFTER_MS: Final = 5 * MINUTE_MS
IDENTIFIED: Final = frozenset({"approved", "expired"})
"""Cases of identity in which the person has shown who they are, perhaps a while ago."""

type _Result = Literal["told", "untold", "moved"]

_FACTS: Final = """
SELECT s.*, p.jurisdiction, p.kyc_status, o.case_id, o.reasons AS case_reasons
FROM register_standings s JOIN players p USING (player_id)
LEFT JOIN offboardings o USING (player_id)
WHERE s.player_id = ?
"""
_TOLD: Final = """
UPDATE register_standings SET told = ?1 WHERE told_version = ?2 AND player_id = ?3
AND register = ?4 AND status = ?5 AND checked_at IS ?6 AND attempts = ?7
"""
"""What moved while the wallet was told stays untold, and so does what another tells after it."""
_NOT_TOLD: Final = """
UPDATE register_standings SET tell_at = ? WHERE player_id = ? AND register = ? AND told IS NULL
"""
_CLAIM_VERSION: Final = """
UPDATE register_standings SET told_version = max(told_version + 1, ?1), told = NULL
WHERE player_id = ?2 AND register = ?3 AND status = ?4 AND checked_at IS ?5 AND attempts = ?6
RETURNING told_version
"""
"""A newer version is for what still stands: what moved since it was read is read again."""
_READS: Final = 5
"""How often a standing may move under one teller; the sweep tells what rests untold."""


async def tell_wallet(house: House, player_id: str, at_ms: int) -> bool:
    """Tell a wallet what it has not been told; True when it knows everything now. `at_ms` is the
    time of the wallet.

    Raises:
        PlatformError: when D1 gave no answer.
    """
    for _ in range(_READS):
        rows = await house.db.query(_FACTS, player_id)
        results = [await _tell_row(house, row, at_ms) for row in rows]
        if "moved" not in results:
            return all(result == "told" for result in results)
    return False


def _told(row: Record, at_ms: int) -> Told:
    rules = profile_now(str(row["jurisdiction"]), at_ms).register_checks
    assert rules is not None, row["jurisdiction"]
    leaves = row["case_id"] is not None
    told = told_of(
        cast("RegisterName", row["register"]),
        standing_of(row),
        rules,
        leaves=leaves,
        is_identified=row["kyc_status"] in IDENTIFIED,
    )
    if leaves and told.status != "pending" and not told.reasons:
        # The register says something else by now; why the person leaves is what it said then.
        return Told(told.name, told.status, None, tuple(json.loads(str(row["case_reasons"]))))
    return told


async def _tell_row(house: House, row: Record, at_ms: int) -> _Result:
    """Tell what a row of `_FACTS` says, unless the wallet knows; `moved` when it says so no longer.
    What another moved or told meanwhile is theirs to tell, and the sweep's when they do not.
    """
    told = _told(row, at_ms)
    text = canonical_json([told.status, told.valid_until, list(told.reasons)])
    if row["told"] == text:
        return "told"
    player_id, register = str(row["player_id"]), str(row["register"])
    seen = (row["status"], row["checked_at"], row["attempts"])
    claimed = await house.db.first(_CLAIM_VERSION, at_ms, player_id, register, *seen)
    if claimed is None:
        return "moved"
    version = integer(claimed["told_version"])
    try:
        await record_fact(
            house,
            player_id,
            told.name,
            version=version,
            status=told.status,
            valid_until=told.valid_until,
            reasons=told.reasons,
        )
    except PlatformError as failure:
        line = {"event": "fact_not_told", "fact": told.name, "failure": type(failure).__name__}
        house.log(line)
        later = house.clock.now_ms() + TELL_AGAIN_AFTER_MS
        await house.db.execute(_NOT_TOLD, later, player_id, register)
        return "untold"
    is_kept = await house.db.execute(_TOLD, text, version, player_id, register, *seen)
    return "told" if is_kept else "untold"
