"""The sweep: everybody is asked about again before their last answer is fifteen days old.

A slice takes those who have waited longest, so the sweep has no cursor that could be lost: whatever
stopped a slice, the next one goes on. A slice claims its players, so two at once ask about nobody
twice, and gives up after three questions without an answer, so a register that is down is not
pressed. Who cannot be asked about says nothing of a register: they step back in the queue, so that
they never stand before everybody else, and people are told. The same queue holds who waits for an
answer that an outage owed them. It runs in the api Worker, because the key by which a CPF is opened
belongs to this Worker alone.
"""

from collections.abc import Mapping
from typing import Final, Literal, cast

from services.container import House
from services.player_clock import player_now_ms
from services.register_facts import tell_wallet
from services.registers import ask
from services.rows import integer
from shared.compliance.model import profile_now
from shared.compliance.registers.checks import Occasion
from shared.compliance.registers.ports import RegisterName
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS, MINUTE_MS, local_date
from shared.platform.ports import PlatformError, Record, SqlValue

JOB: Final = "register_sweep"
PER_SLICE: Final = 100
"""With a slice every five minutes that is 374,400 people in thirteen days."""
GIVE_UP_AFTER: Final = 3
ASK_AGAIN_AFTER_MS: Final = 30 * MINUTE_MS
"""When somebody comes up again who could not be asked about."""
CANNOT_BE_ASKED: Final = "registers.cannot_be_asked"
"""The rule of the alert: this person's data do not open, and no tick will mend that."""
_CLAIM_MS: Final = 10 * MINUTE_MS

type _Result = Literal["clear", "listed", "unanswered", "failed", "closed"]

_CLAIM: Final = """
UPDATE register_standings SET claimed_until = ?1 + ?2
WHERE (player_id, register) IN (
  SELECT player_id, register FROM register_standings
  WHERE next_at <= ?1 AND claimed_until <= ?1 ORDER BY next_at LIMIT CAST(?3 AS INTEGER))
RETURNING player_id, register, attempts, next_at
"""
_RELEASE: Final = """
UPDATE register_standings SET claimed_until = 0 WHERE player_id = ? AND register = ?
"""
_STEP_BACK: Final = """
UPDATE register_standings SET next_at = ?1, claimed_until = 0
WHERE player_id = ?2 AND register = ?3 AND next_at IS NOT NULL
"""
# One for each person while nobody has reviewed it, however often they come up.
_ALARM: Final = """
INSERT INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at, band,
  observed, threshold, evidence, status, created_at, updated_at)
SELECT ?1, ?2, ?3, ?4, ?4, 'high', 0, 0, ?5, 'open', ?4, ?4 WHERE NOT EXISTS (
  SELECT 1 FROM aml_alerts WHERE player_id = ?2 AND rule_id = ?3 AND status = 'open')
"""
_UNTOLD: Final = """
SELECT DISTINCT player_id FROM register_standings
WHERE told IS NULL AND next_at IS NOT NULL AND tell_at <= ? ORDER BY tell_at
LIMIT CAST(? AS INTEGER)
"""
_RUN: Final = """
INSERT INTO register_runs
  (register, day, began_at, last_slice_at, slices, asked, clear, listed, unanswered)
VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?6, ?7)
ON CONFLICT (register, day) DO UPDATE SET last_slice_at = ?3, slices = slices + 1,
  asked = asked + ?4, clear = clear + ?5, listed = listed + ?6, unanswered = unanswered + ?7
"""
_OVERDUE: Final = """
SELECT count(*) AS overdue FROM register_standings
WHERE next_at IS NOT NULL AND checked_at < ?
"""


async def sweep(house: House, _slot: int) -> Mapping[str, int]:
    """One slice; how much was done."""
    now_ms = house.clock.now_ms()
    claimed = await house.db.query(_CLAIM, now_ms, _CLAIM_MS, PER_SLICE)
    counts: dict[str, dict[str, int]] = {}
    in_vain = failed = 0
    for row in sorted(claimed, key=lambda one: integer(one["next_at"])):
        if in_vain >= GIVE_UP_AFTER:
            await house.db.execute(_RELEASE, row["player_id"], row["register"])
            continue
        result = await _ask_one(house, row)
        failed += result == "failed"
        if result == "unanswered":
            in_vain += 1
        elif result != "failed":
            in_vain = 0
        if result in ("clear", "listed", "unanswered"):
            of_register = counts.setdefault(str(row["register"]), {})
            of_register[result] = of_register.get(result, 0) + 1
    await _count(house, counts, now_ms)
    return {
        "asked": sum(sum(results.values()) for results in counts.values()),
        "listed": sum(results.get("listed", 0) for results in counts.values()),
        "unanswered": sum(results.get("unanswered", 0) for results in counts.values()),
        "ask_failed": failed,
        "told": await _tell_the_untold(house),
        "overdue": await overdue(house, now_ms),
    }


async def overdue(house: House, now_ms: int) -> int:
    """How many people have an answer that is older than the law allows."""
    rules = profile_now(house.settings.jurisdiction, now_ms).register_checks
    if rules is None:
        return 0
    row = await house.db.first(_OVERDUE, now_ms - rules.sweep_days * DAY_MS)
    assert row is not None
    return integer(row["overdue"])


async def _ask_one(house: House, row: Record) -> _Result:
    """How a question ended; `failed` when it could not be put, `closed` when it need not be."""
    player_id = str(row["player_id"])
    occasion: Occasion = "retry" if row["attempts"] else "sweep"
    try:
        at_ms = await player_now_ms(house, player_id, house.clock.now_ms())
        register = cast("RegisterName", row["register"])
        after = await ask(house, player_id, register, occasion, at_ms)
    except Exception as failure:  # noqa: BLE001 - one that cannot be asked about keeps no other waiting
        house.log({"event": "register_not_asked", "failure": type(failure).__name__})
        await _step_back(house, player_id, row["register"], failure)
        return "failed"
    if after is None:
        return "closed"
    try:
        await tell_wallet(house, player_id, at_ms)
    except PlatformError as failure:
        house.log({"event": "fact_not_told", "failure": type(failure).__name__})
    return "unanswered" if after.attempts or after.status == "pending" else after.status


async def _step_back(house: House, player_id: str, register: SqlValue, failure: Exception) -> None:
    """Let the others pass. What the platform failed at may pass by itself; anything else is for
    people, who are told once.
    """
    now_ms = house.clock.now_ms()
    try:
        await house.db.execute(_STEP_BACK, now_ms + ASK_AGAIN_AFTER_MS, player_id, register)
        if not isinstance(failure, PlatformError):
            alert_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
            evidence = canonical_json({"failure": type(failure).__name__})
            row = (alert_id, player_id, CANNOT_BE_ASKED, now_ms, evidence)
            await house.db.execute(_ALARM, *row)
    except PlatformError as also:
        house.log({"event": "register_not_put_off", "failure": type(also).__name__})


async def _count(house: House, counts: Mapping[str, Mapping[str, int]], now_ms: int) -> None:
    offset_ms = profile_now(house.settings.jurisdiction, now_ms).profile.day_offset_ms
    day = local_date(now_ms, offset_ms).isoformat()
    for register, results in counts.items():
        parts = [results.get(name, 0) for name in ("clear", "listed", "unanswered")]
        await house.db.execute(_RUN, register, day, now_ms, sum(parts), *parts)


async def _tell_the_untold(house: House) -> int:
    """Wallets that gave no answer when they were to be told are told now."""
    told = 0
    for row in await house.db.query(_UNTOLD, house.clock.now_ms(), PER_SLICE):
        player_id = str(row["player_id"])
        try:
            at_ms = await player_now_ms(house, player_id, house.clock.now_ms())
            told += await tell_wallet(house, player_id, at_ms)
        except PlatformError as failure:
            house.log({"event": "fact_not_told", "failure": type(failure).__name__})
    return told
