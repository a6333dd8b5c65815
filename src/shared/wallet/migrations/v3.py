"""Version 3: permission to play. The gate's row, login sessions with their place, limits of two
sources, pauses and exclusions.

A CHECK cannot be changed, so `limits` moves into a new table. What a long proof had put away is of
another form than this version's and is made again.
"""

from typing import Final

_RULES_OF_OLD_WALLETS: Final = """
  CASE jurisdiction
    WHEN 'br' THEN '{"loosening_delay_ms":86400000,"mandatory":["loss","time"],'
      || '"reality_check_minutes":60,"requires":["kyc","impediment","session","place"]}'
    ELSE '{"loosening_delay_ms":86400000,"mandatory":[],'
      || '"reality_check_minutes":null,"requires":["kyc"]}'
  END
"""
STATEMENTS: Final[tuple[str, ...]] = (
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
           jurisdiction = 'br', jurisdiction = 'br', 0, 0, NULL, 0, 9007199254740990, 0, 0, NULL, 0
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
