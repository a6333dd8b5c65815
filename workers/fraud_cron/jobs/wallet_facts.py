"""Facts that a wallet tells by an event and a person must know of: it was frozen, it owes.

An alert is raised once for each such event. The alert of a frozen wallet ends as reviewed with the
event that released it, whichever of the two the projection stored first: two people have looked,
and the wallet's proof holds again.
"""

import json
from collections.abc import Iterable
from typing import Final

from jobs.ports import Ports
from jobs.projection_store import SLICE_MS
from jobs.records import integer, text
from shared.kernel.canonical import canonical_json
from shared.platform.ports import Database
from shared.risk.model import Alert

FROZEN_RULE_ID: Final = "wallet.frozen"
NEGATIVE_RULE_ID: Final = "wallet.negative_balance"

_FROZEN: Final = """
SELECT e.player_id, e.seq, e.recorded_at, e.data ->> 'law' AS law
FROM json_each(?1) AS s
JOIN wallet_events AS e
  ON e.recorded_at >= s.value AND e.recorded_at < s.value + CAST(?2 AS INTEGER)
WHERE e.type = 'FROZEN'
"""

# An alert is known by its player, rule and time, and two events may bear one millisecond: then one
# alert names both. A shortfall is what is owed after its event, so they are not added up.
_NEGATIVE: Final = """
SELECT e.player_id, e.currency, e.recorded_at, max(e.data ->> 'shortfall_minor') AS shortfall_minor,
       json_group_array(e.seq) AS seqs, json_group_array(e.round_id) AS round_ids
FROM json_each(?1) AS s
JOIN wallet_events AS e
  ON e.recorded_at >= s.value AND e.recorded_at < s.value + CAST(?2 AS INTEGER)
WHERE e.type = 'ROLLBACK' AND e.data ->> 'negative' = 1
GROUP BY e.player_id, e.currency, e.recorded_at
"""

_RELEASE: Final = """
UPDATE aml_alerts SET status = 'reviewed', updated_at = ?3
WHERE rule_id = ?4 AND status = 'open'
  AND player_id IN (
    SELECT e.player_id FROM json_each(?1) AS s
    JOIN wallet_events AS e
      ON e.recorded_at >= s.value AND e.recorded_at < s.value + CAST(?2 AS INTEGER)
    WHERE e.type IN ('FROZEN', 'RELEASED'))
  AND EXISTS (
    SELECT 1 FROM wallet_events AS r
    WHERE r.player_id = aml_alerts.player_id AND r.type = 'RELEASED'
      AND r.seq > aml_alerts.evidence ->> 'seq')
"""


async def alerts_of_facts(db: Database, starts: Iterable[int]) -> list[Alert]:
    """The alerts that events in the slices beginning at `starts` (UTC milliseconds) call for."""
    slices = canonical_json(sorted(starts))
    return [
        *(await _frozen(db, slices)),
        *(await _negative(db, slices)),
    ]


async def close_released(ports: Ports, starts: Iterable[int]) -> int:
    """Mark the alerts of frozen wallets that were released since; returns how many.

    Asked after the alerts of the same slices are written, it closes those among them too.
    """
    slices = canonical_json(sorted(starts))
    now_ms = ports.clock.now_ms()
    return await ports.db.execute(_RELEASE, slices, SLICE_MS, now_ms, FROZEN_RULE_ID)


async def _frozen(db: Database, slices: str) -> list[Alert]:
    """A wallet that found a law of the ledger broken tells so by an event: a person must look."""
    return [
        Alert(
            player_id=text(record, "player_id"),
            rule_id=FROZEN_RULE_ID,
            window_started_at=integer(record, "recorded_at"),
            window_ended_at=integer(record, "recorded_at"),
            band="critical",
            observed=1,
            threshold=1,
            evidence={"seq": record["seq"], "law": record["law"]},
        )
        for record in await db.query(_FROZEN, slices, SLICE_MS)
    ]


async def _negative(db: Database, slices: str) -> list[Alert]:
    """A recalled win that was spent already leaves a debt; `observed` is its minor units."""
    return [
        Alert(
            player_id=text(record, "player_id"),
            rule_id=NEGATIVE_RULE_ID,
            window_started_at=integer(record, "recorded_at"),
            window_ended_at=integer(record, "recorded_at"),
            band="high",
            observed=integer(record, "shortfall_minor"),
            threshold=1,
            evidence={
                "seqs": json.loads(text(record, "seqs")),
                "round_ids": json.loads(text(record, "round_ids")),
                "shortfall_minor": record["shortfall_minor"],
                "currency": record["currency"],
            },
        )
        for record in await db.query(_NEGATIVE, slices, SLICE_MS)
    ]
