-- The payments desk looks into the projection for withdrawals by their holds and by their ends. Both
-- tables have the indexes, because a rebuild of the projection swaps them.

CREATE INDEX wallet_events_holds ON wallet_events (recorded_at) WHERE type = 'WITHDRAWAL_HELD';
CREATE INDEX wallet_events_payouts ON wallet_events (data ->> 'withdrawal_id')
  WHERE type IN ('WITHDRAWAL', 'WITHDRAWAL_RELEASED');
CREATE INDEX rebuild_events_holds ON rebuild_events (recorded_at) WHERE type = 'WITHDRAWAL_HELD';
CREATE INDEX rebuild_events_payouts ON rebuild_events (data ->> 'withdrawal_id')
  WHERE type IN ('WITHDRAWAL', 'WITHDRAWAL_RELEASED');
