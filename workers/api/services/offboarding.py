"""The job that follows the clock of everybody who must leave (BR-IMP-06).

A tick takes the cases whose time has come, at the time of each player's own wallet, and does what
`steps_due` says in its order. A step that failed is tried again by the next tick and keeps no other
case waiting; before a deadline passes, and again when it has passed, people are told by an alert.
In the sandbox every open case is looked at by every tick, because its player may have moved their
clock.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.container import House
from services.escheats import escheat
from services.offboarding_steps import (
    Open,
    close_account,
    is_blocked,
    notify,
    refund,
    write_letters,
)
from services.player_clock import player_now_ms
from services.register_facts import IDENTIFIED
from services.rows import integer, optional_integer
from shared.compliance.model import profile_now
from shared.compliance.registers.offboarding import (
    Case,
    Step,
    alarms,
    has_ended,
    state_of,
    steps_due,
    wake_at,
)
from shared.compliance.rules import Offboarding
from shared.kernel.canonical import canonical_json
from shared.kernel.failures import anonymous_trace
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import HOUR_MS, MINUTE_MS
from shared.platform.ports import Record

JOB: Final = "offboarding"
PER_TICK: Final = 50
TRY_AGAIN_AFTER_MS: Final = 4 * MINUTE_MS
"""Less than a tick, so that a step is tried by every tick until its deadline."""
TRY_AGAIN_LATE_MS: Final = 6 * HOUR_MS
"""For what is tried for months."""
_CLAIM_MS: Final = 10 * MINUTE_MS

_CLAIM: Final = """
UPDATE offboardings SET claimed_until = ?1 + ?2 WHERE case_id IN (
  SELECT case_id FROM offboardings WHERE next_at <= ?3 AND claimed_until <= ?1
  ORDER BY next_at LIMIT CAST(?4 AS INTEGER))
RETURNING case_id
"""
_CASE: Final = """
SELECT o.*, p.jurisdiction, p.currency, p.kyc_status
FROM offboardings o JOIN players p USING (player_id) WHERE o.case_id = ?
"""
_LATER: Final = """
UPDATE offboardings SET next_at = ?, claimed_until = 0, last_failure = ? WHERE case_id = ?
"""
_ALARM: Final = """
INSERT OR IGNORE INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at,
  band, observed, threshold, evidence, status, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, 'open', ?8, ?8)
"""
ALWAYS: Final = 1 << 52
"""Later than any time: every case has come due."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """How a case was left."""

    done: tuple[Step, ...]
    failure: str | None


async def follow(house: House, _slot: int) -> Mapping[str, int]:
    """One tick; how many steps of each kind were done."""
    now_ms = house.clock.now_ms()
    horizon = ALWAYS if house.settings.profile == "sandbox" else now_ms
    outcome = {"cases": 0, "notify": 0, "close": 0, "refund": 0, "escheat": 0, "failed": 0}
    for row in await house.db.query(_CLAIM, now_ms, _CLAIM_MS, horizon, PER_TICK):
        tried = await _follow_one(house, str(row["case_id"]))
        outcome["cases"] += 1
        outcome["failed"] += tried.failure is not None
        for step in tried.done:
            outcome[step] += 1
    return outcome


def case_of(row: Record) -> Case:
    """The times of a row of `offboardings`, with `kyc_status` of its player."""
    return Case(
        found_at=integer(row["found_at"]),
        notified_at=optional_integer(row["notified_at"]),
        closed_at=optional_integer(row["closed_at"]),
        refunded_at=optional_integer(row["refunded_at"]),
        escheated_at=optional_integer(row["escheated_at"]),
        is_identified=row["kyc_status"] in IDENTIFIED,
    )


def rules_of(jurisdiction: str, now_ms: int) -> Offboarding:
    """The clock of a jurisdiction that has one; a case exists nowhere else."""
    rules = profile_now(jurisdiction, now_ms).offboarding
    assert rules is not None, jurisdiction
    return rules


async def _follow_one(house: House, case_id: str) -> _Tried:
    """Do what is due in a case, one step after another, each on what the one before left."""
    done: list[Step] = []
    failure: str | None = None
    try:
        row = await _row(house, case_id)
        player_id = str(row["player_id"])
        at_ms = await player_now_ms(house, player_id, house.clock.now_ms())
        rules = rules_of(str(row["jurisdiction"]), at_ms)
        if not await is_blocked(house, player_id, at_ms):
            failure = "block: the wallet did not hear of it"
        for step in _DO:
            row = await _row(house, case_id)
            if step in steps_due(case_of(row), rules, at_ms):
                failed = await _try(house, step, _open(row, rules, at_ms))
                failure = failed or failure
                if failed is None:
                    done.append(step)
        row = await _row(house, case_id)
        failure = await _try(house, "letters", _open(row, rules, at_ms)) or failure
        await _tell_of_deadlines(house, row, rules, at_ms)
        next_at = _next_at(house, case_of(row), rules, at_ms, is_done=failure is None)
    except Exception as error:  # noqa: BLE001 - a case that fails keeps no other waiting
        failure = anonymous_trace(error)
        house.log({"event": "offboarding_failed", "case_id": case_id, "failure": failure})
        next_at = house.clock.now_ms() + TRY_AGAIN_AFTER_MS
    await house.db.execute(_LATER, next_at, failure, case_id)
    return _Tried(tuple(done), failure)


_DO: Final[Mapping[Step, Callable[[House, Open], Awaitable[bool]]]] = {
    "notify": notify,
    "close": close_account,
    "refund": refund,
    "escheat": escheat,
}
"""In the order of the clock."""


async def _try(house: House, step: Step | Literal["letters"], case: Open) -> str | None:
    """Why a step could not be done; None when it was."""
    try:
        if step == "letters":
            await write_letters(house, case)
            return None
        is_done = await _DO[step](house, case)
    except Exception as error:  # noqa: BLE001 - the next step may be possible all the same
        failure = anonymous_trace(error)
        house.log({"event": "offboarding_step_failed", "step": step, "failure": failure})
        return f"{step}: {failure}"
    if is_done:
        return None
    return f"{step}: waits for {'a second person or ' if step == 'escheat' else ''}the bank"


async def _row(house: House, case_id: str) -> Record:
    row = await house.db.first(_CASE, case_id)
    assert row is not None, case_id
    return row


def _open(row: Record, rules: Offboarding, at_ms: int) -> Open:
    return Open(
        case_id=str(row["case_id"]),
        player_id=str(row["player_id"]),
        jurisdiction=str(row["jurisdiction"]),
        reasons=tuple(json.loads(str(row["reasons"]))),
        currency=str(row["currency"]),
        kyc_status=str(row["kyc_status"]),
        case=case_of(row),
        refunded_minor=integer(row["refunded_minor"]),
        rules=rules,
        at_ms=at_ms,
    )


def _next_at(
    house: House, case: Case, rules: Offboarding, at_ms: int, *, is_done: bool
) -> int | None:
    """When to look at a case again by the house's clock; None when it has ended and `is_done`."""
    if has_ended(case) and is_done:
        return None
    wake = wake_at(case, rules, at_ms)
    in_ms = TRY_AGAIN_LATE_MS if wake is None else wake - at_ms
    if not is_done or steps_due(case, rules, at_ms):
        is_of_months = state_of(case, rules, at_ms) == "UNCLAIMED"
        in_ms = min(in_ms, TRY_AGAIN_LATE_MS if is_of_months else TRY_AGAIN_AFTER_MS)
    return house.clock.now_ms() + in_ms


async def _tell_of_deadlines(house: House, row: Record, rules: Offboarding, at_ms: int) -> None:
    """An alert before a deadline passes, and another one when it has."""
    now_ms = house.clock.now_ms()
    for alarm in alarms(case_of(row), rules, at_ms):
        state = "late" if alarm.is_late else "due"
        evidence = {"case_id": row["case_id"], "step": alarm.step, "due_at": alarm.due_at}
        await house.db.execute(
            _ALARM,
            uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID)),
            row["player_id"],
            f"offboarding.{alarm.step}_{state}",
            row["found_at"],
            alarm.due_at,
            "critical" if alarm.is_late else "high",
            canonical_json(evidence),
            now_ms,
        )
