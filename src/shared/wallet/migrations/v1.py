"""Version 1: the log, its answers, and the rows that commands rely on."""

from typing import Final

STATEMENTS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE meta (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      player_id TEXT NOT NULL,
      currency TEXT NOT NULL CHECK (length(currency) = 3),
      jurisdiction TEXT NOT NULL,
      clock_offset_ms INTEGER NOT NULL DEFAULT 0 CHECK (clock_offset_ms >= 0),
      frozen_law TEXT,
      opening_hash TEXT NOT NULL,
      opening_body TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY CHECK (seq >= 1),
      event_id TEXT NOT NULL,
      type TEXT NOT NULL,
      schema_version INTEGER NOT NULL,
      amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
      cash_delta INTEGER NOT NULL,
      bonus_delta INTEGER NOT NULL,
      held_delta INTEGER NOT NULL,
      cash_after INTEGER NOT NULL CHECK (cash_after >= 0),
      bonus_after INTEGER NOT NULL CHECK (bonus_after >= 0),
      held_after INTEGER NOT NULL CHECK (held_after >= 0),
      round_id TEXT,
      game_version TEXT,
      idempotency_key TEXT,
      causation_id TEXT,
      recorded_at INTEGER NOT NULL,
      data TEXT NOT NULL CHECK (json_valid(data)),
      prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64),
      hash TEXT NOT NULL CHECK (length(hash) = 64)
    ) STRICT
    """,
    """
    CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """,
    """
    CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """,
    """
    CREATE TABLE commands (
      idempotency_key TEXT PRIMARY KEY,
      request_hash TEXT NOT NULL,
      status INTEGER NOT NULL,
      response TEXT NOT NULL,
      seq INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER commands_refuse_update BEFORE UPDATE ON commands
    BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END
    """,
    """
    CREATE TRIGGER commands_refuse_delete BEFORE DELETE ON commands
    BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END
    """,
    """
    CREATE TABLE rounds (
      round_id TEXT NOT NULL UNIQUE,
      opened_seq INTEGER PRIMARY KEY,
      settled_seq INTEGER,
      rolled_back_seq INTEGER,
      stake_cash INTEGER NOT NULL CHECK (stake_cash >= 0),
      stake_bonus INTEGER NOT NULL CHECK (stake_bonus >= 0),
      stake_grants TEXT NOT NULL CHECK (json_valid(stake_grants)),
      payout_cash INTEGER NOT NULL CHECK (payout_cash >= 0),
      payout_bonus INTEGER NOT NULL CHECK (payout_bonus >= 0),
      payout_grants TEXT NOT NULL CHECK (json_valid(payout_grants)),
      bet_event_id TEXT,
      win_event_id TEXT,
      opened_at INTEGER NOT NULL,
      settled_at INTEGER,
      rolled_back_at INTEGER,
      CHECK ((settled_seq IS NULL) = (settled_at IS NULL)),
      CHECK ((settled_seq IS NULL) = (win_event_id IS NULL)),
      CHECK ((rolled_back_seq IS NULL) = (rolled_back_at IS NULL)),
      CHECK (bet_event_id IS NOT NULL OR rolled_back_seq = opened_seq)
    ) STRICT
    """,
    """
    CREATE TABLE game_sessions (
      session_id TEXT PRIMARY KEY,
      game_id TEXT NOT NULL,
      game_version INTEGER NOT NULL CHECK (game_version >= 1),
      rtp_bps INTEGER NOT NULL CHECK (rtp_bps BETWEEN 1 AND 10000),
      min_stake_minor INTEGER NOT NULL CHECK (min_stake_minor > 0),
      max_stake_minor INTEGER NOT NULL CHECK (max_stake_minor >= min_stake_minor),
      opened_at INTEGER NOT NULL,
      last_active_at INTEGER NOT NULL CHECK (last_active_at >= opened_at)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE revoked_sessions (
      session_id TEXT PRIMARY KEY,
      revoked_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE seeds (
      number INTEGER PRIMARY KEY CHECK (number >= 1),
      server_seed TEXT NOT NULL CHECK (length(server_seed) = 64),
      server_seed_hash TEXT NOT NULL CHECK (length(server_seed_hash) = 64),
      client_seed TEXT NOT NULL,
      nonce INTEGER NOT NULL CHECK (nonce >= 0),
      next_server_seed TEXT NOT NULL CHECK (length(next_server_seed) = 64),
      next_server_seed_hash TEXT NOT NULL CHECK (length(next_server_seed_hash) = 64),
      committed_at INTEGER NOT NULL,
      revealed_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE deposits (
      deposit_id TEXT PRIMARY KEY,
      txid TEXT NOT NULL,
      amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
      requested_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      credited_seq INTEGER,
      end_to_end_id TEXT UNIQUE,
      CHECK ((credited_seq IS NULL) = (end_to_end_id IS NULL))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE withdrawals (
      withdrawal_id TEXT PRIMARY KEY,
      amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
      payment_account_id TEXT NOT NULL,
      end_to_end_id TEXT NOT NULL UNIQUE,
      status TEXT NOT NULL CHECK (status IN ('held', 'paid', 'released')),
      held_event_id TEXT NOT NULL,
      requested_at INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      closed_seq INTEGER,
      CHECK ((status = 'held') = (closed_seq IS NULL))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE grants (
      grant_id TEXT PRIMARY KEY,
      credited_seq INTEGER NOT NULL,
      credited_minor INTEGER NOT NULL CHECK (credited_minor > 0),
      balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE limits (
      kind TEXT NOT NULL CHECK (kind IN ('deposit', 'loss', 'wager', 'time', 'bet_count')),
      period TEXT NOT NULL CHECK (period IN ('daily', 'weekly', 'monthly')),
      value INTEGER NOT NULL CHECK (value >= 0),
      PRIMARY KEY (kind, period)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE daily (
      day INTEGER PRIMARY KEY,
      wagered_minor INTEGER NOT NULL CHECK (wagered_minor >= 0),
      won_minor INTEGER NOT NULL CHECK (won_minor >= 0),
      deposited_minor INTEGER NOT NULL CHECK (deposited_minor >= 0),
      bets INTEGER NOT NULL CHECK (bets >= 0),
      play_ms INTEGER NOT NULL CHECK (play_ms >= 0),
      last_bet_at INTEGER NOT NULL CHECK (last_bet_at >= 0)
    ) STRICT
    """,
    """
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      delivered_seq INTEGER NOT NULL CHECK (delivered_seq >= 0),
      attempts INTEGER NOT NULL CHECK (attempts >= 0),
      next_at INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO outbox (id, delivered_seq, attempts, next_at) VALUES (1, 0, 0, 0)",
)
