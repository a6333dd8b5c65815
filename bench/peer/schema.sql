-- The peer's wallet in PostgreSQL: the same facts as the wallet object keeps, laid out as a native designer would.
-- What every bet changes lies in one row of `wallets` (balances, head of the chain, nonce); fillfactor leaves room for
-- HOT updates, so that no index is touched by them. `version` guards everything a bet is decided on: whoever changes
-- limits, seeds, sessions or balances of a wallet moves it.

CREATE TABLE wallets (
  player_id uuid PRIMARY KEY,
  currency text NOT NULL CHECK (length(currency) = 3),
  version bigint NOT NULL DEFAULT 0,
  frozen_law text,
  cash_minor bigint NOT NULL CHECK (cash_minor >= 0),
  seq bigint NOT NULL DEFAULT 0,
  head_hash bytea NOT NULL CHECK (length(head_hash) = 32),
  recorded_at bigint NOT NULL DEFAULT 0,
  server_seed text NOT NULL,
  server_seed_hash text NOT NULL,
  client_seed text NOT NULL,
  nonce integer NOT NULL DEFAULT 0,
  next_server_seed text NOT NULL,
  next_server_seed_hash text NOT NULL,
  limit_loss_daily bigint,
  limit_wager_daily bigint,
  limit_time_daily_ms bigint
) WITH (fillfactor = 50);

CREATE TABLE events (
  player_id uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq >= 1),
  event_id uuid NOT NULL,
  type text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  cash_delta bigint NOT NULL,
  cash_after bigint NOT NULL CHECK (cash_after >= 0),
  round_id uuid,
  game_version integer,
  idempotency_key text,
  causation_id uuid,
  recorded_at bigint NOT NULL,
  data text NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (player_id, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE commands (
  player_id uuid NOT NULL,
  idempotency_key text NOT NULL,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  response text NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (player_id, idempotency_key)
);
CREATE TRIGGER commands_append_only BEFORE UPDATE OR DELETE ON commands
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE rounds (
  player_id uuid NOT NULL,
  opened_seq bigint NOT NULL,
  round_id uuid NOT NULL UNIQUE,
  settled_seq bigint NOT NULL,
  stake_minor bigint NOT NULL CHECK (stake_minor > 0),
  payout_minor bigint NOT NULL CHECK (payout_minor >= 0),
  opened_at bigint NOT NULL,
  settled_at bigint NOT NULL,
  PRIMARY KEY (player_id, opened_seq)
);

CREATE TABLE game_sessions (
  session_id uuid PRIMARY KEY,
  player_id uuid NOT NULL,
  game_id text NOT NULL,
  game_version integer NOT NULL,
  rtp_bps integer NOT NULL CHECK (rtp_bps BETWEEN 1 AND 10000),
  min_stake_minor bigint NOT NULL CHECK (min_stake_minor > 0),
  max_stake_minor bigint NOT NULL CHECK (max_stake_minor >= min_stake_minor),
  last_active_at bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE daily (
  player_id uuid NOT NULL,
  day integer NOT NULL,
  wagered_minor bigint NOT NULL,
  won_minor bigint NOT NULL,
  bets integer NOT NULL,
  play_ms bigint NOT NULL,
  last_bet_at bigint NOT NULL,
  PRIMARY KEY (player_id, day)
) WITH (fillfactor = 50);

CREATE TABLE revoked_sessions (
  session_id uuid PRIMARY KEY,
  revoked_at bigint NOT NULL
);

CREATE TABLE games (
  game_id text PRIMARY KEY,
  version integer NOT NULL,
  enabled boolean NOT NULL
);
INSERT INTO games (game_id, version, enabled) VALUES ('dice', 1, true);
