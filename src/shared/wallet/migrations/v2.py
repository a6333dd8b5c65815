"""Version 2: bonus terms, and cash that may be below zero after the return of a win.

SQLite cannot change a CHECK, so the log moves into a new table, row by row as it is; its hashes do
not cover the table.
"""

from typing import Final

STATEMENTS: Final[tuple[str, ...]] = (
    """
    ALTER TABLE grants ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
      CHECK (status IN ('active', 'converted', 'forfeited', 'expired'))
      CHECK (status = 'active' OR balance_minor = 0)
    """,
    """
    ALTER TABLE grants ADD COLUMN required_minor INTEGER NOT NULL DEFAULT 0
      CHECK (required_minor >= 0)
    """,
    """
    ALTER TABLE grants ADD COLUMN wagered_minor INTEGER NOT NULL DEFAULT 0
      CHECK (wagered_minor BETWEEN 0 AND required_minor)
    """,
    """
    ALTER TABLE grants ADD COLUMN contributions TEXT NOT NULL DEFAULT '{}'
      CHECK (json_valid(contributions))
    """,
    "ALTER TABLE grants ADD COLUMN max_stake_minor INTEGER CHECK (max_stake_minor > 0)",
    "ALTER TABLE grants ADD COLUMN expires_at INTEGER",
    """
    ALTER TABLE grants ADD COLUMN on_withdrawal TEXT NOT NULL DEFAULT 'keep'
      CHECK (on_withdrawal IN ('keep', 'forfeit'))
    """,
    "CREATE INDEX grants_active ON grants (credited_seq) WHERE status = 'active'",
    """
    CREATE TABLE events_2 (
      seq INTEGER PRIMARY KEY CHECK (seq >= 1),
      event_id TEXT NOT NULL,
      type TEXT NOT NULL,
      schema_version INTEGER NOT NULL,
      amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
      cash_delta INTEGER NOT NULL,
      bonus_delta INTEGER NOT NULL,
      held_delta INTEGER NOT NULL,
      cash_after INTEGER NOT NULL,
      bonus_after INTEGER NOT NULL CHECK (bonus_after >= 0),
      held_after INTEGER NOT NULL CHECK (held_after >= 0),
      round_id TEXT,
      game_version TEXT,
      idempotency_key TEXT,
      causation_id TEXT,
      recorded_at INTEGER NOT NULL,
      data TEXT NOT NULL CHECK (json_valid(data)),
      prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64),
      hash TEXT NOT NULL CHECK (length(hash) = 64),
      CHECK (
        cash_after >= 0 OR cash_delta >= 0
        OR (type = 'ROLLBACK' AND coalesce(data ->> 'negative', 0) = 1)
      )
    ) STRICT
    """,
    "INSERT INTO events_2 SELECT * FROM events",
    "DROP TABLE events",
    "ALTER TABLE events_2 RENAME TO events",
    """
    CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """,
    """
    CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """,
    # Players' keys and the house's no longer share one space.
    "DROP TRIGGER commands_refuse_update",
    """
    UPDATE commands SET idempotency_key = CASE
      WHEN idempotency_key GLOB 'pix:*' OR idempotency_key GLOB 'payout:*'
        OR idempotency_key GLOB 'revoke:*' THEN 'house:' ELSE 'player:'
    END || idempotency_key
    """,
    """
    CREATE TRIGGER commands_refuse_update BEFORE UPDATE ON commands
    BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END
    """,
    """
    CREATE TABLE proofs (
      kind TEXT PRIMARY KEY CHECK (kind IN ('newest', 'full')),
      seq INTEGER NOT NULL CHECK (seq >= 0),
      is_complete INTEGER NOT NULL CHECK (is_complete IN (0, 1)),
      fold TEXT NOT NULL CHECK (json_valid(fold))
    ) STRICT, WITHOUT ROWID
    """,
)
