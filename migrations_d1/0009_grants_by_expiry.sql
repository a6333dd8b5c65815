-- The sweep looks into the projection for bonus grants that are past their time and have no end
-- yet. Both tables have the indexes, because a rebuild of the projection swaps them. The ends are
-- found by one expression: by two columns the planner prefers the primary key, a player's whole log.

CREATE INDEX wallet_events_grants ON wallet_events (data ->> '$.terms.expires_at', player_id, seq)
  WHERE type = 'BONUS_CREDIT';
CREATE INDEX wallet_events_grant_ends ON wallet_events (player_id || ' ' || (data ->> 'grant_id'))
  WHERE type IN ('BONUS_CONVERTED', 'BONUS_FORFEITED');
CREATE INDEX rebuild_events_grants ON rebuild_events (data ->> '$.terms.expires_at', player_id, seq)
  WHERE type = 'BONUS_CREDIT';
CREATE INDEX rebuild_events_grant_ends ON rebuild_events (player_id || ' ' || (data ->> 'grant_id'))
  WHERE type IN ('BONUS_CONVERTED', 'BONUS_FORFEITED');
