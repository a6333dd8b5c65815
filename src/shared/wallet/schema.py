"""The tables of one wallet, and the migrations that bring any older wallet to them.

Migrations are numbered, applied once each in one transaction with their entry in `migrations`, and
never edited after a release. The object's own table holds the version, because the platform does
not allow `PRAGMA user_version`. Tables are STRICT, since an integer parameter arrives as REAL on
this runtime; CHECKs repeat the laws of the ledger below the code that keeps them; triggers make
events and remembered answers append-only.

`events` is also the outbox: `outbox.delivered_seq` says how far the queue has been told, so that a
bet writes no extra row for it.
"""

from typing import Final

from shared.platform.ports import Sql
from shared.wallet.gate_model import FOREVER

_FIRST: Final[tuple[str, ...]] = (
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

# Bonus terms, and cash that may be below zero after the return of a win. SQLite cannot change a
# CHECK, so the log moves into a new table, row by row as it is; its hashes do not cover the table.
_SECOND: Final[tuple[str, ...]] = (
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

# Permission to play: the gate's row, login sessions with their place, limits of two sources, pauses
# and exclusions. A CHECK cannot be changed, so `limits` moves into a new table. What a long proof
# had put away is of another form than this release's and is made again.
_RULES_OF_OLD_WALLETS: Final = """
  CASE jurisdiction
    WHEN 'br' THEN '{"loosening_delay_ms":86400000,"mandatory":["loss","time"],'
      || '"reality_check_minutes":60,"requires":["kyc","impediment","session","place"]}'
    ELSE '{"loosening_delay_ms":86400000,"mandatory":[],'
      || '"reality_check_minutes":null,"requires":["kyc"]}'
  END
"""
_THIRD: Final[tuple[str, ...]] = (
    """
    CREATE TABLE gate (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      rules TEXT NOT NULL CHECK (json_valid(rules)),
      rules_version INTEGER NOT NULL CHECK (rules_version >= 0),
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      facts_until INTEGER NOT NULL CHECK (facts_until >= 0),
      asks_session INTEGER NOT NULL CHECK (asks_session IN (0, 1)),
      asks_place INTEGER NOT NULL CHECK (asks_place IN (0, 1)),
      excluded_until INTEGER NOT NULL CHECK (excluded_until >= 0),
      paused_until INTEGER NOT NULL CHECK (paused_until >= 0),
      reality_minutes INTEGER CHECK (reality_minutes > 0),
      reality_since INTEGER NOT NULL CHECK (reality_since >= 0),
      reality_due_at INTEGER NOT NULL CHECK (reality_due_at >= 0),
      reality_wagered_minor INTEGER NOT NULL CHECK (reality_wagered_minor >= 0),
      reality_won_minor INTEGER NOT NULL CHECK (reality_won_minor >= 0),
      intervention TEXT CHECK (intervention IS NULL OR json_valid(intervention)),
      bonus_blocked INTEGER NOT NULL CHECK (bonus_blocked IN (0, 1))
    ) STRICT
    """,
    f"""
    INSERT INTO gate
    SELECT 1, {_RULES_OF_OLD_WALLETS}, 0, '{{}}', 0,
           jurisdiction = 'br', jurisdiction = 'br', 0, 0, NULL, 0, {FOREVER}, 0, 0, NULL, 0
    FROM meta
    """,  # noqa: S608 - texts of ours
    """
    CREATE TABLE login_sessions (
      session_id TEXT PRIMARY KEY,
      began_at INTEGER NOT NULL,
      last_active_at INTEGER NOT NULL CHECK (last_active_at >= began_at),
      revoked_at INTEGER,
      place_verdict TEXT NOT NULL CHECK (place_verdict IN ('inside', 'outside', 'unknown')),
      place_reason TEXT,
      place_address TEXT NOT NULL,
      place_checked_at INTEGER NOT NULL CHECK (place_checked_at >= 0),
      game_session_id TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO login_sessions
    SELECT session_id, revoked_at, revoked_at, revoked_at, 'unknown', NULL, '', 0, NULL
    FROM revoked_sessions
    """,
    "DROP TABLE revoked_sessions",
    "ALTER TABLE game_sessions ADD COLUMN login_session_id TEXT NOT NULL DEFAULT ''",
    """
    ALTER TABLE game_sessions ADD COLUMN min_round_ms INTEGER NOT NULL DEFAULT 0
      CHECK (min_round_ms >= 0)
    """,
    """
    ALTER TABLE game_sessions ADD COLUMN wagered_minor INTEGER NOT NULL DEFAULT 0
      CHECK (wagered_minor >= 0)
    """,
    """
    ALTER TABLE game_sessions ADD COLUMN won_minor INTEGER NOT NULL DEFAULT 0
      CHECK (won_minor >= 0)
    """,
    "ALTER TABLE game_sessions ADD COLUMN bets INTEGER NOT NULL DEFAULT 0 CHECK (bets >= 0)",
    "ALTER TABLE game_sessions ADD COLUMN play_ms INTEGER NOT NULL DEFAULT 0 CHECK (play_ms >= 0)",
    """
    CREATE TABLE limits_3 (
      source TEXT NOT NULL CHECK (source IN ('player', 'operator')),
      kind TEXT NOT NULL CHECK (kind IN ('deposit', 'loss', 'wager', 'time', 'bet_count')),
      period TEXT NOT NULL CHECK (period IN ('session', 'daily', 'weekly', 'monthly')),
      value INTEGER NOT NULL CHECK (value >= 0),
      CHECK (kind <> 'deposit' OR period <> 'session'),
      PRIMARY KEY (source, kind, period)
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO limits_3 SELECT 'player', kind, period, value FROM limits",
    "DROP TABLE limits",
    "ALTER TABLE limits_3 RENAME TO limits",
    """
    CREATE TABLE limit_changes (
      kind TEXT NOT NULL,
      period TEXT NOT NULL,
      value INTEGER CHECK (value >= 0),
      requested_at INTEGER NOT NULL,
      due_at INTEGER NOT NULL CHECK (due_at >= requested_at),
      PRIMARY KEY (kind, period)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE exclusions (
      seq INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('excluded', 'paused')),
      until INTEGER CHECK (until > made_at),
      source TEXT NOT NULL CHECK (source IN ('player', 'operator', 'harm')),
      made_at INTEGER NOT NULL,
      CHECK (kind = 'excluded' OR until IS NOT NULL)
    ) STRICT
    """,
    "DELETE FROM proofs",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _SECOND, _THIRD)
"""Version n is the n-th entry, counted from one."""


def migrate(sql: Sql) -> int:
    """Bring the wallet to the newest schema, all of it or nothing; returns the version it has now.

    Raises:
        RuntimeError: when the wallet was written by a newer release than this one.
    """
    return sql.transaction(lambda: _migrate(sql))


def _migrate(sql: Sql) -> int:
    sql.execute("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY) STRICT")
    found = sql.query("SELECT coalesce(max(version), 0) FROM migrations")[0][0]
    assert isinstance(found, int), found
    if found > len(MIGRATIONS):
        raise RuntimeError(f"wallet schema {found} is newer than this release's {len(MIGRATIONS)}")
    for version, statements in enumerate(MIGRATIONS[found:], start=found + 1):
        for statement in statements:
            sql.execute(statement)
        sql.execute("INSERT INTO migrations (version) VALUES (?)", version)
    return len(MIGRATIONS)
