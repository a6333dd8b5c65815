"""Records whose time is over are deleted, and none before: a slice a tick.

The time of the job is written into `retention_clock` in the transaction that deletes, and triggers
of the database compare it with what law keeps: a batch that is wrong about the time changes
nothing. Accounts that were closed without a request of erasure have their retention too. When the
last class of a person has ended, their keys are destroyed, so that every copy goes, and their files
deleted.
"""

from collections.abc import Mapping
from typing import Final

from services.container import House
from services.erasure import DESTROY_KEY, TOMBSTONE, finish_erasures, keeping, what_stays
from services.rows import integer
from shared.kernel.failures import anonymous_trace
from shared.platform.ports import Record, Statement

JOB: Final = "retention"
PEOPLE_PER_TICK: Final = 20
LOOKS_PER_TICK: Final = 1_000

_TIME: Final = "UPDATE retention_clock SET now_ms = ? WHERE now_ms < ?"
_CLOSED: Final = """
SELECT player_id, updated_at FROM players AS p WHERE status = 'closed' AND NOT EXISTS (
  SELECT 1 FROM retentions AS r WHERE r.player_id = p.player_id) LIMIT CAST(? AS INTEGER)
"""
_OVER: Final = """
SELECT r.player_id FROM retentions AS r JOIN person_keys AS k ON k.player_id = r.player_id
  AND k.purpose = 'records' AND k.destroyed_at IS NULL
WHERE r.keep_until <= ?1 AND NOT EXISTS (
  SELECT 1 FROM retentions AS o WHERE o.player_id = r.player_id AND o.keep_until > ?1)
GROUP BY r.player_id ORDER BY (instr('0123456789abcdef', substr(r.player_id, -1)) + ?3) % 17
LIMIT CAST(?2 AS INTEGER)
"""
"""Each tick begins elsewhere, so that those who cannot go keep nobody waiting."""
_OLD_LOOKS: Final = """
DELETE FROM personal_data_access WHERE access_id IN (
  SELECT access_id FROM personal_data_access WHERE keep_until <= ? LIMIT CAST(? AS INTEGER))
"""
_FORGET: Final = """
UPDATE players SET email_index = ?1 || player_id, cpf_index = ?1 || player_id, pii_sealed = '',
  cpf_sealed = '', birth_date = substr(birth_date, 1, 4) || '-01-01', gender = 'undisclosed',
  registered_ip_index = '' WHERE player_id = ?2
"""
_FORGET_READINGS: Final = "UPDATE birth_date_readings SET born = NULL WHERE player_id = ?"
_FORGET_ACCOUNTS: Final = (
    "UPDATE payment_accounts SET key_index = ? || payment_account_id WHERE player_id = ?"
)


async def keep_and_delete(house: House, slot: int) -> Mapping[str, int]:
    """One tick; how much was done. A person whose data do not go keeps nobody else waiting.

    Raises:
        PlatformError: when D1 gave no answer; the next tick finds the same work.
    """
    now_ms = house.clock.now_ms()
    finished = await finish_erasures(house, PEOPLE_PER_TICK, slot)
    begun = await _begin(house)
    forgotten = 0
    for row in await house.db.query(_OVER, now_ms, PEOPLE_PER_TICK, slot):
        try:
            await _forget(house, str(row["player_id"]), now_ms)
            forgotten += 1
        except Exception as failure:  # noqa: BLE001 - the next one may go
            _tell(house, row, failure)
    changed = await house.db.batch(
        [_clock(now_ms), Statement(_OLD_LOOKS, (now_ms, LOOKS_PER_TICK))]
    )
    return {
        "erasures_finished": finished,
        "retentions_begun": begun,
        "people_forgotten": forgotten,
        "looks_deleted": changed[-1],
    }


def _clock(now_ms: int) -> Statement:
    return Statement(_TIME, (now_ms, now_ms))


async def _begin(house: House) -> int:
    rows = await house.db.query(_CLOSED, PEOPLE_PER_TICK)
    begun = 0
    for row in rows:
        closed_at = integer(row["updated_at"])
        try:
            kept, _ = what_stays(house, closed_at, "en")
            await house.db.batch(keeping(kept, str(row["player_id"]), closed_at))
            begun += 1
        except Exception as failure:  # noqa: BLE001 - the next one may be possible all the same
            _tell(house, row, failure)
    return begun


def _tell(house: House, row: Record, failure: Exception) -> None:
    told = {"player_id": row["player_id"], "failure": anonymous_trace(failure)}
    house.log({"event": "retention_failed", **told})


async def _forget(house: House, player_id: str, now_ms: int) -> None:
    """First the files, whose names are lost with their rows; a repetition finds nothing to do."""
    for folder in ("kyc", "exports"):
        for key in await house.documents.list(f"{folder}/{player_id}/"):
            await house.documents.delete(key)
    of_the_person = (player_id,)
    await house.db.batch(
        [
            _clock(now_ms),
            Statement("DELETE FROM kept_identities WHERE player_id = ?", of_the_person),
            Statement("DELETE FROM kyc_documents WHERE player_id = ?", of_the_person),
            Statement(_FORGET_READINGS, of_the_person),
            Statement("DELETE FROM credentials WHERE subject_id = ?", of_the_person),
            Statement(_FORGET_ACCOUNTS, (TOMBSTONE, player_id)),
            Statement(_FORGET, (TOMBSTONE, player_id)),
            Statement(DESTROY_KEY, (now_ms, player_id, "profile")),
            Statement(DESTROY_KEY, (now_ms, player_id, "records")),
        ]
    )
