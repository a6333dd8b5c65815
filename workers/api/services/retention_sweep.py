"""Records whose time is over are deleted, and none before: a slice a tick.

The time of the job is written into `retention_clock` in the transaction that deletes, and triggers
of the database compare it with what law keeps: a batch that is wrong about the time changes
nothing. Accounts that were closed without a request of erasure have their retention too. When the
last class of a person has ended, their keys are destroyed, so that every copy goes, their files
deleted, and of each table what `fates` says. Records of access and of place go by their own age, of
everybody.
"""

from collections.abc import Mapping
from typing import Final

from services.container import House
from services.erasure import DESTROY_KEY, finish_erasures, keeping, what_stays
from services.fates import at_the_end
from services.personal_data import access_log_days
from services.rows import integer
from shared.kernel.failures import anonymous_trace
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record, Statement

JOB: Final = "retention"
PEOPLE_PER_TICK: Final = 20
LOOKS_PER_TICK: Final = 1_000
ACCESSES_PER_TICK: Final = 5_000
"""Of each table, in five minutes: more than sixteen new ones a second."""

_TIME: Final = "UPDATE retention_clock SET now_ms = ? WHERE now_ms < ?"
_CLOSED: Final = """
SELECT p.player_id, max(p.updated_at, coalesce(o.refunded_at, 0), coalesce(o.escheated_at, 0),
  coalesce((SELECT max(c.sent_at) FROM communications AS c WHERE c.player_id = p.player_id), 0)
  ) AS ended_at
FROM players AS p LEFT JOIN offboardings AS o ON o.player_id = p.player_id
WHERE p.status = 'closed' AND o.next_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM retentions AS r WHERE r.player_id = p.player_id) LIMIT CAST(? AS INTEGER)
"""
"""The days count from the last thing that was done: an off-boarding pays and writes after the
closing, for half a year when nobody takes the money."""
_OVER: Final = """
SELECT r.player_id FROM retentions AS r JOIN person_keys AS k ON k.player_id = r.player_id
  AND k.purpose = 'records' AND k.destroyed_at IS NULL
WHERE r.keep_until <= ?1 AND NOT EXISTS (
  SELECT 1 FROM retentions AS o WHERE o.player_id = r.player_id AND o.keep_until > ?1)
AND NOT EXISTS (
  SELECT 1 FROM communications AS c WHERE c.player_id = r.player_id AND c.keep_until > ?1)
GROUP BY r.player_id ORDER BY (instr('0123456789abcdef', substr(r.player_id, -1)) + ?3) % 17
LIMIT CAST(?2 AS INTEGER)
"""
"""Each tick begins elsewhere, so that those who cannot go keep nobody waiting."""
_OLD_LOOKS: Final = """
DELETE FROM personal_data_access WHERE access_id IN (
  SELECT access_id FROM personal_data_access WHERE keep_until <= ? LIMIT CAST(? AS INTEGER))
"""
_OLD_ACCESSES: Final = """
DELETE FROM access_events WHERE event_id IN (
  SELECT event_id FROM access_events WHERE happened_at <= ? LIMIT CAST(? AS INTEGER))
"""
_OLD_PLACES: Final = """
DELETE FROM geo_checks WHERE check_id IN (
  SELECT check_id FROM geo_checks WHERE checked_at <= ? LIMIT CAST(? AS INTEGER))
"""


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
    old = (now_ms - access_log_days(house, now_ms) * DAY_MS, ACCESSES_PER_TICK)
    _, looks, accesses, places = await house.db.batch(
        [
            _clock(now_ms),
            Statement(_OLD_LOOKS, (now_ms, LOOKS_PER_TICK)),
            Statement(_OLD_ACCESSES, old),
            Statement(_OLD_PLACES, old),
        ]
    )
    return {
        "erasures_finished": finished,
        "retentions_begun": begun,
        "people_forgotten": forgotten,
        "looks_deleted": looks,
        "accesses_deleted": accesses,
        "places_deleted": places,
    }


def _clock(now_ms: int) -> Statement:
    return Statement(_TIME, (now_ms, now_ms))


async def _begin(house: House) -> int:
    rows = await house.db.query(_CLOSED, PEOPLE_PER_TICK)
    begun = 0
    for row in rows:
        closed_at = integer(row["ended_at"])
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
    await house.db.batch(
        [
            _clock(now_ms),
            *at_the_end(player_id),
            Statement(DESTROY_KEY, (now_ms, player_id, "profile")),
            Statement(DESTROY_KEY, (now_ms, player_id, "records")),
        ]
    )
