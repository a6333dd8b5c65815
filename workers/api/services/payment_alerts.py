"""Alerts of the payments context: one for each payment and rule, whoever tells of it how often.

They stand among the alerts of the AML rules, for the same desk decides. A payment is known by its
end-to-end id, which stands in the evidence.
"""

from collections.abc import Mapping
from typing import Final, Literal

from services.container import House
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7

RULES: Final = "payments."
"""What the ids of these rules begin with."""

THIRD_PARTY_FUNDS: Final = "payments.third_party_funds"
PAYER_UNKNOWN: Final = "payments.payer_unknown"
ACCOUNT_CLOSED: Final = "payments.account_closed"
WITHDRAWAL_OVERDUE: Final = "payments.withdrawal_overdue"
PAYOUT_CONTRADICTED: Final = "payments.payout_contradicted"

_INSERT: Final = """
INSERT INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at, band,
  observed, threshold, evidence, status, created_at, updated_at)
SELECT ?1, ?2, ?3, max(?4, coalesce((
    SELECT max(window_started_at) + 1 FROM aml_alerts
    WHERE player_id = ?2 AND rule_id = ?3 AND window_started_at BETWEEN ?4 AND ?4 + 999
  ), 0)), ?4, ?5, ?6, 0, ?7, 'open', ?8, ?8
WHERE NOT EXISTS (
  SELECT 1 FROM aml_alerts WHERE player_id = ?2 AND rule_id = ?3
  AND json_extract(evidence, '$.end_to_end_id') = json_extract(?7, '$.end_to_end_id')
)
"""
"""A bank's time has seconds only, so payments of one second take the next free millisecond as the
start of their window, which is part of what makes an alert unique."""


async def raise_alert(
    house: House,
    player_id: str,
    rule_id: str,
    band: Literal["high", "critical"],
    *,
    happened_at: int,
    amount_minor: int,
    evidence: Mapping[str, object],
    now_ms: int,
) -> bool:
    """Tell the desk of a payment, once; True when it had not been told before. `evidence` names the
    payment as `end_to_end_id`, and holds no personal data.
    """
    assert "end_to_end_id" in evidence, rule_id
    changed = await house.db.execute(
        _INSERT,
        uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID)),
        player_id,
        rule_id,
        happened_at,
        band,
        amount_minor,
        canonical_json(dict(evidence)),
        now_ms,
    )
    return changed > 0
