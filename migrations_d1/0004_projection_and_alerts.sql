-- The projection of money: fed by the queue, idempotent by (player_id, seq), gap-free up to
-- projection_heads.seq, re-derivable from the wallets at any time. Never the truth.

CREATE TABLE wallet_events (
  player_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  currency TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  cash_delta INTEGER NOT NULL,
  bonus_delta INTEGER NOT NULL,
  held_delta INTEGER NOT NULL,
  cash_after INTEGER NOT NULL,
  bonus_after INTEGER NOT NULL,
  held_after INTEGER NOT NULL,
  round_id TEXT,
  game_version TEXT,
  idempotency_key TEXT,
  causation_id TEXT,
  recorded_at INTEGER NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data)),
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (player_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_events_by_time ON wallet_events (recorded_at, type);
CREATE INDEX wallet_events_deposits ON wallet_events (recorded_at) WHERE type = 'DEPOSIT';

CREATE TABLE projection_heads (
  player_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  head_hash TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- One row a currency, moved by the insertion of an event and therefore exactly once for each.
-- What is rolled back leaves again: a round that was undone is no round, its stake no stake.
CREATE TABLE projection_totals (
  currency TEXT PRIMARY KEY,
  events INTEGER NOT NULL,
  rounds INTEGER NOT NULL,
  stakes_minor INTEGER NOT NULL,
  wins_minor INTEGER NOT NULL,
  deposits_minor INTEGER NOT NULL,
  withdrawals_minor INTEGER NOT NULL
) STRICT;

CREATE TRIGGER wallet_events_move_totals AFTER INSERT ON wallet_events
BEGIN
  -- No upsert here: renaming the table of an upsert rewrites its `excluded` into the table's name.
  INSERT OR IGNORE INTO projection_totals VALUES (NEW.currency, 0, 0, 0, 0, 0, 0);
  UPDATE projection_totals SET
    events = events + 1,
    rounds = rounds + (NEW.type = 'BET') - (NEW.type = 'ROLLBACK' AND NEW.data ->> 'of' = 'BET'),
    stakes_minor = stakes_minor + CASE NEW.type WHEN 'BET' THEN NEW.amount_minor
      WHEN 'ROLLBACK' THEN iif(NEW.data ->> 'of' = 'BET', -NEW.amount_minor, 0) ELSE 0 END,
    wins_minor = wins_minor + CASE NEW.type WHEN 'WIN' THEN NEW.amount_minor
      WHEN 'ROLLBACK' THEN iif(NEW.data ->> 'of' = 'WIN', -NEW.amount_minor, 0) ELSE 0 END,
    deposits_minor = deposits_minor + iif(NEW.type = 'DEPOSIT', NEW.amount_minor, 0),
    withdrawals_minor = withdrawals_minor + iif(NEW.type = 'WITHDRAWAL', NEW.amount_minor, 0)
  WHERE currency = NEW.currency;
END;

CREATE TABLE aml_alerts (
  alert_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  window_started_at INTEGER NOT NULL,
  window_ended_at INTEGER NOT NULL,
  band TEXT NOT NULL CHECK (band IN ('low', 'medium', 'high', 'critical')),
  observed INTEGER NOT NULL,
  threshold INTEGER NOT NULL,
  evidence TEXT NOT NULL CHECK (json_valid(evidence)),
  status TEXT NOT NULL CHECK (status IN ('open', 'reviewed')),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (player_id, rule_id, window_started_at)
) STRICT;
CREATE INDEX aml_alerts_by_status ON aml_alerts (status, created_at);

CREATE TABLE job_runs (
  job TEXT NOT NULL,
  slot INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  outcome TEXT,
  PRIMARY KEY (job, slot)
) STRICT;
