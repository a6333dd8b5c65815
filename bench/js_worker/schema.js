/** The tables of one wallet: those of the house's wallet that a bet reads or writes, with their constraints. */

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (
  id INTEGER PRIMARY KEY CHECK (id = 1), player_id TEXT NOT NULL, currency TEXT NOT NULL, frozen_law TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY CHECK (seq >= 1),
  event_id TEXT NOT NULL, type TEXT NOT NULL, schema_version INTEGER NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  cash_delta INTEGER NOT NULL, bonus_delta INTEGER NOT NULL, held_delta INTEGER NOT NULL,
  cash_after INTEGER NOT NULL CHECK (cash_after >= 0),
  bonus_after INTEGER NOT NULL CHECK (bonus_after >= 0),
  held_after INTEGER NOT NULL CHECK (held_after >= 0),
  round_id TEXT, game_version TEXT, idempotency_key TEXT, causation_id TEXT,
  recorded_at INTEGER NOT NULL, data TEXT NOT NULL CHECK (json_valid(data)),
  prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64), hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_refuse_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER IF NOT EXISTS events_refuse_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TABLE IF NOT EXISTS commands (
  idempotency_key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, status INTEGER NOT NULL,
  response TEXT NOT NULL, seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS commands_refuse_update BEFORE UPDATE ON commands
BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END;
CREATE TRIGGER IF NOT EXISTS commands_refuse_delete BEFORE DELETE ON commands
BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END;
CREATE TABLE IF NOT EXISTS rounds (
  round_id TEXT NOT NULL UNIQUE, opened_seq INTEGER PRIMARY KEY, settled_seq INTEGER,
  stake_cash INTEGER NOT NULL CHECK (stake_cash >= 0), stake_bonus INTEGER NOT NULL CHECK (stake_bonus >= 0),
  stake_grants TEXT NOT NULL CHECK (json_valid(stake_grants)),
  payout_cash INTEGER NOT NULL CHECK (payout_cash >= 0), payout_bonus INTEGER NOT NULL CHECK (payout_bonus >= 0),
  payout_grants TEXT NOT NULL CHECK (json_valid(payout_grants)),
  bet_event_id TEXT, win_event_id TEXT, opened_at INTEGER NOT NULL, settled_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS game_sessions (
  session_id TEXT PRIMARY KEY, game_id TEXT NOT NULL, game_version INTEGER NOT NULL,
  rtp_bps INTEGER NOT NULL CHECK (rtp_bps BETWEEN 1 AND 10000),
  min_stake_minor INTEGER NOT NULL, max_stake_minor INTEGER NOT NULL,
  opened_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked_sessions (
  session_id TEXT PRIMARY KEY, revoked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seeds (
  number INTEGER PRIMARY KEY, server_seed TEXT NOT NULL CHECK (length(server_seed) = 64),
  server_seed_hash TEXT NOT NULL CHECK (length(server_seed_hash) = 64), client_seed TEXT NOT NULL,
  nonce INTEGER NOT NULL CHECK (nonce >= 0),
  next_server_seed TEXT NOT NULL, next_server_seed_hash TEXT NOT NULL,
  committed_at INTEGER NOT NULL, revealed_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS limits (
  kind TEXT NOT NULL, period TEXT NOT NULL, value INTEGER NOT NULL CHECK (value >= 0), PRIMARY KEY (kind, period)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS daily (
  day INTEGER PRIMARY KEY, wagered_minor INTEGER NOT NULL, won_minor INTEGER NOT NULL, bets INTEGER NOT NULL,
  play_ms INTEGER NOT NULL, last_bet_at INTEGER NOT NULL
) STRICT;
`;
