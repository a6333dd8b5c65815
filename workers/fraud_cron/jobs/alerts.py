"""Alerts are facts of the desk: one row per player, rule and window, written however often it is
found.

A second finding of the same window never lowers a band and never rewrites a larger observation
with a smaller one, so that two overlapping runs, or a run over half-arrived events, leave what one
complete run would have left. A band that rises opens a reviewed alert again: what the analyst
judged was less.
"""

from collections.abc import Iterable
from itertools import batched
from typing import Final

from jobs.ports import Ports
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Statement
from shared.risk.model import Alert

ALERTS_PER_STATEMENT: Final = 200


def _rank(band: str) -> str:
    return f"instr('low medium high critical', {band})"


_UPSERT: Final = f"""
INSERT INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at, band,
                        observed, threshold, evidence, status, created_at, updated_at)
SELECT a.value ->> 0, a.value ->> 1, a.value ->> 2, a.value ->> 3, a.value ->> 4, a.value ->> 5,
       a.value ->> 6, a.value ->> 7, a.value ->> 8, 'open', a.value ->> 9, a.value ->> 9
FROM json_each(?) AS a WHERE true
ON CONFLICT (player_id, rule_id, window_started_at) DO UPDATE SET
  window_ended_at = max(window_ended_at, excluded.window_ended_at),
  status = CASE WHEN {_rank("excluded.band")} > {_rank("band")} THEN 'open' ELSE status END,
  threshold = CASE WHEN {_rank("excluded.band")} > {_rank("band")}
                   THEN excluded.threshold ELSE threshold END,
  band = CASE WHEN {_rank("excluded.band")} > {_rank("band")} THEN excluded.band ELSE band END,
  observed = excluded.observed,
  evidence = excluded.evidence,
  updated_at = excluded.updated_at
WHERE {_rank("excluded.band")} > {_rank("band")}
   OR ({_rank("excluded.band")} = {_rank("band")} AND excluded.observed > observed)
"""  # noqa: S608 - built from constants of this module, at import


async def raise_alerts(ports: Ports, alerts: Iterable[Alert]) -> int:
    """Insert or escalate; returns how many rows were written. A repeated finding writes none."""
    written = 0
    now_ms = ports.clock.now_ms()
    for portion in batched(alerts, ALERTS_PER_STATEMENT):
        rows = [
            [
                uuid7(now_ms, ports.entropy.token(RANDOM_BYTES_PER_ID)),
                alert.player_id,
                alert.rule_id,
                alert.window_started_at,
                alert.window_ended_at,
                alert.band,
                alert.observed,
                alert.threshold,
                canonical_json(alert.evidence),
                now_ms,
            ]
            for alert in portion
        ]
        written += sum(await ports.db.batch([Statement(_UPSERT, (canonical_json(rows),))]))
    return written
