"""What time and other people's lists do to identity checks, a slice a tick.

An approval whose time is over is taken away, wallets are told what they have not heard, and when a
list of politically exposed or sanctioned people has changed, everybody is screened again. Each goes
on where the last tick ended; none waits for the others, and nobody for somebody who fails. It runs
in the api Worker, which alone has the keys by which a name is opened. 50 people in five minutes are
14,400 a day.
"""

import json
from collections.abc import Mapping
from typing import Final

from services.container import House
from services.kyc_fact import tell_next, try_to_tell_wallet
from services.kyc_screening import screen_again
from services.kyc_store import change_case, find_case
from services.rows import integer
from shared.compliance.kyc import expired
from shared.kernel.failures import anonymous_trace
from shared.platform.ports import PlatformError

JOB: Final = "kyc_sweep"
PER_TICK: Final = 50

_CURSOR: Final = """
SELECT outcome FROM job_runs WHERE job = ? AND outcome IS NOT NULL ORDER BY slot DESC LIMIT 1
"""
_OVER: Final = """
SELECT player_id FROM kyc_cases WHERE expires_at IS NOT NULL AND expires_at <= ?
ORDER BY (instr('0123456789abcdef', substr(player_id, -1)) + ?) % 17 LIMIT CAST(? AS INTEGER)
"""
"""Each tick begins elsewhere, so that those whose approval does not end keep nobody waiting."""
_BEGIN: Final = """
INSERT OR IGNORE INTO screening_sweeps (revision, started_at, cursor, players, flagged)
SELECT sum(revision), ?, '', 0, 0 FROM screening_revisions HAVING sum(revision) IS NOT NULL
"""
_SWEEP: Final = "SELECT * FROM screening_sweeps ORDER BY revision DESC LIMIT 1"
_PEOPLE: Final = """
SELECT player_id FROM players WHERE player_id > ? AND status <> 'closed'
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""
_ADVANCE: Final = """
UPDATE screening_sweeps SET cursor = ?, players = players + CAST(? AS INTEGER),
  flagged = flagged + CAST(? AS INTEGER), finished_at = ? WHERE revision = ? AND cursor = ?
"""


async def sweep(house: House, slot: int) -> Mapping[str, int | str]:
    """One tick; how much was done.

    Raises:
        PlatformError: when D1 gives no answer; the next tick finds the same work.
    """
    last = await house.db.first(_CURSOR, JOB)
    cursor = str(json.loads(str(last["outcome"]))["fact_cursor"]) if last else ""
    over = await _end_approvals(house, slot)
    cursor, told = await tell_next(house, cursor, PER_TICK)
    screened = await _screen_again(house)
    return {"fact_cursor": cursor, **over, **told, **screened}


async def _end_approvals(house: House, slot: int) -> Mapping[str, int]:
    now_ms = house.clock.now_ms()
    ended = failed = 0
    for row in await house.db.query(_OVER, now_ms, slot, PER_TICK):
        player_id = str(row["player_id"])
        try:
            ended += await _end_approval(house, player_id, now_ms)
        except Exception as failure:  # noqa: BLE001 - the others' approvals end all the same
            failed += 1
            told = {"player_id": player_id, "failure": anonymous_trace(failure)}
            house.log({"event": "approval_not_ended", **told})
    return {"approvals_ended": ended, "approvals_failed": failed}


async def _end_approval(house: House, player_id: str, now_ms: int) -> int:
    found = await find_case(house, player_id)
    verdict = expired(found.case, found.documents, now_ms)
    changed = await house.db.batch(
        change_case(
            found, verdict, reason_code=found.reason_code, document_reasons={}, now_ms=now_ms
        )
    )
    await try_to_tell_wallet(house, player_id)
    return changed[-1]


async def _screen_again(house: House) -> dict[str, int]:
    """The next people of the sweep that belongs to the lists as they are now."""
    now_ms = house.clock.now_ms()
    await house.db.execute(_BEGIN, now_ms)
    running = await house.db.first(_SWEEP)
    if running is None or running["finished_at"] is not None:
        return {"screened": 0, "flagged": 0}
    before = str(running["cursor"])
    people = [str(row["player_id"]) for row in await house.db.query(_PEOPLE, before, PER_TICK)]
    done = flagged = 0
    for player_id in people:
        try:
            flagged += await screen_again(house, player_id, now_ms)
        except (PlatformError, TimeoutError):
            break  # the next tick goes on with the same one
        except Exception as failure:  # noqa: BLE001 - logged, and the others are screened
            # One whose data do not open must not keep the rest of the base unscreened.
            house.log({"event": "screening_failed", "failure": anonymous_trace(failure)})
        done += 1
    cursor = people[done - 1] if done else before
    ended_at = now_ms if done == len(people) < PER_TICK else None
    revision = integer(running["revision"])
    await house.db.execute(_ADVANCE, cursor, done, flagged, ended_at, revision, before)
    return {"screened": done, "flagged": flagged}
