"""The payments desk: every five minutes it finishes what no request came back to finish.

A withdrawal may stop between any two steps: held without a row, with a row and no bank that heard
of it, at a bank that does not answer. Nobody needs to read its status for it to go on: the desk
makes the missing row from the event of the hold, asks the bank again, tells people of what is past
its due time, and counts the money that arrived for nobody. It runs in the api Worker, because only
that one holds the secrets by which the bank is spoken to and a PIX key is opened. A tick is
bounded; what failed waits behind what was not tried for longer, and keeps nothing else waiting.
"""

import json
from collections.abc import Mapping
from typing import Final

from services.container import House
from services.payment_alerts import WITHDRAWAL_OVERDUE, raise_alert
from services.payouts import ASK_AGAIN_AFTER_MS, try_to_pay_out
from services.rows import integer
from services.suspense import suspense
from services.withdrawals import remember_withdrawal
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.ports import Record

JOB: Final = "payout_desk"

PER_TICK: Final = 50
LOOK_BACK_MS: Final = 3 * DAY_MS
"""How far a tick looks for holds without a row; the first one of an hour looks at all of them."""

_WITHOUT_ROW: Final = """
SELECT player_id, amount_minor, currency, recorded_at, data FROM wallet_events AS e
WHERE type = 'WITHDRAWAL_HELD' AND recorded_at >= ?1 AND NOT EXISTS (
  SELECT 1 FROM withdrawals AS w WHERE w.withdrawal_id = e.data ->> 'withdrawal_id')
ORDER BY recorded_at DESC LIMIT CAST(?2 AS INTEGER)
"""

_TO_ASK: Final = """
SELECT * FROM withdrawals WHERE status = 'processing' AND asked_at < ?1
ORDER BY asked_at, requested_at LIMIT CAST(?2 AS INTEGER)
"""

_OVERDUE: Final = """
SELECT * FROM withdrawals AS w WHERE status = 'processing' AND due_at < ?1 AND NOT EXISTS (
  SELECT 1 FROM aml_alerts AS a WHERE a.player_id = w.player_id AND a.rule_id = ?2
  AND json_extract(a.evidence, '$.end_to_end_id') = w.end_to_end_id)
ORDER BY due_at LIMIT CAST(?3 AS INTEGER)
"""

_RAN: Final = """
INSERT INTO job_runs (job, slot, started_at, finished_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (job, slot) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome
"""


async def tick(house: House, slot: int) -> Mapping[str, int]:
    """One tick, of the time `slot` for which it was scheduled; how much was done. Two at once, or
    one twice, do no more than one.

    Raises:
        PlatformError: when D1 gives no answer; the next tick finds the same work.
    """
    started_at = house.clock.now_ms()
    found, lost = await _make_missing_rows(house, slot)
    asked, failed = await _ask_again(house)
    outcome = {
        "rows_made": found,
        "rows_failed": lost,
        "asked": asked,
        "ask_failed": failed,
        "overdue": await _tell_of_overdue(house),
        "suspense": (await suspense(house)).count,
    }
    now_ms = house.clock.now_ms()
    await house.db.execute(_RAN, JOB, slot, started_at, now_ms, canonical_json(outcome))
    house.log({"event": "job", "job": JOB, "slot": slot, "took_ms": now_ms - started_at, **outcome})
    return outcome


async def _make_missing_rows(house: House, slot: int) -> tuple[int, int]:
    """Rows for holds that have none: the request died between the wallet and D1."""
    since = 0 if slot % HOUR_MS < 5 * MINUTE_MS else slot - LOOK_BACK_MS
    made = failed = 0
    for event in await house.db.query(_WITHOUT_ROW, since, PER_TICK):
        try:
            hold = _hold_of(event)
            # Nobody has heard of it: in the language of the country, and to be asked at once.
            await remember_withdrawal(house, str(event["player_id"]), hold, "pt-BR", 0)
            made += 1
        except Exception as failure:  # noqa: BLE001 - one that cannot be made keeps no other waiting
            failed += 1
            line = {"event": "withdrawal_row_not_made", "subject": event["player_id"]}
            house.log({**line, "failure": type(failure).__name__})
    return made, failed


def _hold_of(event: Record) -> dict[str, object]:
    """What the wallet answered when it held the money, out of the event of the hold."""
    told = json.loads(str(event["data"]))
    return {
        "withdrawal_id": told["withdrawal_id"],
        "payment_account_id": told["payment_account_id"],
        "amount_minor": event["amount_minor"],
        "currency": event["currency"],
        "requested_at_ms": event["recorded_at"],
        "due_at_ms": told["due_at"],
        "end_to_end_id": told["end_to_end_id"],
    }


async def _ask_again(house: House) -> tuple[int, int]:
    """Ask the bank for what it has not answered; those asked longest ago first."""
    asked = failed = 0
    before_ms = house.clock.now_ms() - ASK_AGAIN_AFTER_MS
    for row in await house.db.query(_TO_ASK, before_ms, PER_TICK):
        asked += 1
        failed += not await try_to_pay_out(house, row)
    return asked, failed


async def _tell_of_overdue(house: House) -> int:
    """Alert once for each withdrawal that should have been paid (Portaria SPA/MF 615/2024)."""
    told = 0
    now_ms = house.clock.now_ms()
    for row in await house.db.query(_OVERDUE, now_ms, WITHDRAWAL_OVERDUE, PER_TICK):
        told += await raise_alert(
            house,
            str(row["player_id"]),
            WITHDRAWAL_OVERDUE,
            "high",
            happened_at=integer(row["due_at"]),
            amount_minor=integer(row["amount_minor"]),
            evidence={
                "withdrawal_id": row["withdrawal_id"],
                "end_to_end_id": row["end_to_end_id"],
                "requested_at": row["requested_at"],
                "due_at": row["due_at"],
            },
            now_ms=now_ms,
        )
    return told
