"""The statements by which an answer of a register, or its silence, is recorded in one transaction.

An answer that comes in late never takes the place of a newer one: standings move by the player's
time. Reasons are a set; each has its beginning and its end, and both stay (BR-IMP-10).
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.compliance.registers.checks import Occasion, Standing
from shared.compliance.registers.ports import (
    OUTAGES_OF_THE_REGISTER,
    Outage,
    RegisterAnswer,
    RegisterName,
)
from shared.compliance.registers.sigap import STATUS_OF_REASON
from shared.kernel.times import local_date
from shared.platform.ports import SqlValue, Statement

_CHECK: Final = """
INSERT INTO register_checks (check_id, player_id, register, occasion, result, reasons, request_id,
  outage, checked_at, recorded_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_STANDING: Final = """
INSERT INTO register_standings (player_id, register, status, reasons, checked_at, attempts, next_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (player_id, register) DO UPDATE SET status = ?3, reasons = ?4, checked_at = ?5,
  attempts = ?6, next_at = iif(next_at IS NULL, NULL, ?7), claimed_until = 0, told = NULL,
  tell_at = 0
WHERE checked_at IS NULL OR checked_at <= ?8
"""
_SILENCE: Final = """
INSERT INTO register_standings (player_id, register, status, reasons, checked_at, attempts, next_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (player_id, register) DO UPDATE SET
  status = iif(?3 = 'pending' AND status = 'clear', 'pending', status), attempts = ?6,
  next_at = iif(next_at IS NULL, NULL, ?7), claimed_until = 0, told = NULL, tell_at = 0
WHERE checked_at IS ?5
"""
"""No answer changes nothing that another question had answered meanwhile."""
_OUTAGE: Final = """
INSERT INTO control_outages (control, began_at, occurrences, outage) VALUES (?, ?, 1, ?)
ON CONFLICT (control) WHERE ended_at IS NULL DO UPDATE SET occurrences = occurrences + 1
"""
_ASK_ALL_AGAIN: Final = """
UPDATE register_standings SET next_at = ?1 WHERE register = ?2 AND attempts > 0 AND next_at > ?1
AND EXISTS (SELECT 1 FROM control_outages WHERE control = ?3 AND ended_at IS NULL)
"""
"""The register is back: whoever waits for an answer is asked about by the next tick."""
_BACK: Final = "UPDATE control_outages SET ended_at = ? WHERE control = ? AND ended_at IS NULL"
_ENDED: Final = """
UPDATE impediments SET ended_at = ?, ended_by = ? WHERE player_id = ? AND register = ?
AND ended_at IS NULL AND reason NOT IN (SELECT value FROM json_each(?))
"""
_FOUND: Final = """
INSERT OR IGNORE INTO impediments (player_id, register, reason, found_at, found_by)
SELECT ?, ?, value, ?, ? FROM json_each(?)
"""
_CASE: Final = """
INSERT OR IGNORE INTO offboardings
  (case_id, player_id, check_id, reasons, found_at, opened_at, next_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
"""
_STATUS: Final = """
INSERT OR IGNORE INTO sigap_status_changes (player_id, reason, status, detected_at, report_on)
SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM impediments WHERE player_id = ?1
  AND reason = ?2 AND found_by = ?6)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: `at_ms` is the player's time, `now_ms` the house's."""

    check_id: str
    player_id: str
    register: RegisterName
    occasion: Occasion
    at_ms: int
    now_ms: int

    @property
    def control(self) -> str:
        """What an outage of this register is called in the log of controls."""
        return f"register:{self.register}"


def answered(
    asked: Asked, answer: RegisterAnswer, after: Standing, next_at: int
) -> list[Statement]:
    """The check, the standing after it, and the end of an outage if there was one."""
    result = "listed" if answer.is_listed else "clear"
    return [
        _check(asked, result, answer.reasons, answer.request_id, None),
        Statement(_STANDING, (*_row(asked, after, next_at), asked.at_ms)),
        Statement(_ASK_ALL_AGAIN, (asked.now_ms, asked.register, asked.control)),
        Statement(_BACK, (asked.now_ms, asked.control)),
    ]


def unanswered(asked: Asked, outage: Outage, after: Standing, next_at: int) -> list[Statement]:
    """The occurrence (BR-IMP-05), the standing after it, and the beginning of an outage."""
    statements = [
        _check(asked, "unanswered", (), None, outage),
        Statement(_SILENCE, _row(asked, after, next_at)),
    ]
    if outage in OUTAGES_OF_THE_REGISTER:
        statements.append(Statement(_OUTAGE, (asked.control, asked.now_ms, outage)))
    return statements


def impediment_statements(asked: Asked, answer: RegisterAnswer) -> list[Statement]:
    """The set of impediments: what is no longer said has ended, what is new begins."""
    who, reasons = (asked.player_id, asked.register), json.dumps(answer.reasons)
    return [
        Statement(_ENDED, (asked.at_ms, asked.check_id, *who, reasons)),
        Statement(_FOUND, (*who, asked.at_ms, asked.check_id, reasons)),
    ]


def case_statements(
    asked: Asked, answer: RegisterAnswer, case_id: str, day_offset_ms: int
) -> list[Statement]:
    """The case of somebody who must leave, once for each account, and what the ministry's file of
    the next day must say of each new impediment (BR-IMP-09).
    """
    reasons = json.dumps(answer.reasons)
    opening = (case_id, asked.player_id, asked.check_id, reasons, asked.at_ms, asked.now_ms)
    report_on = local_date(asked.at_ms, day_offset_ms) + timedelta(days=1)
    marks = [
        Statement(
            _STATUS,
            (
                asked.player_id,
                reason,
                STATUS_OF_REASON.get(reason),
                asked.at_ms,
                report_on.isoformat(),
                asked.check_id,
            ),
        )
        for reason in answer.reasons
    ]
    return [Statement(_CASE, opening), *marks]


def _check(
    asked: Asked,
    result: str,
    reasons: tuple[str, ...],
    request_id: str | None,
    outage: Outage | None,
) -> Statement:
    who = (asked.check_id, asked.player_id, asked.register, asked.occasion)
    times = (asked.at_ms, asked.now_ms)
    return Statement(_CHECK, (*who, result, json.dumps(reasons), request_id, outage, *times))


def _row(asked: Asked, after: Standing, next_at: int) -> tuple[SqlValue, ...]:
    return (
        asked.player_id,
        asked.register,
        after.status,
        json.dumps(after.reasons),
        after.checked_at,
        after.attempts,
        next_at,
    )
