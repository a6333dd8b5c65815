"""Version 4: closed books, so that what is archived may leave the wallet.

`closed_seq` moves only to a closed book, a book exists only with its event in the log, and nothing
but what lies up to `closed_seq` can be removed; the events that are still needed cannot.
"""

from typing import Final

STATEMENTS: Final[tuple[str, ...]] = (
    "ALTER TABLE meta ADD COLUMN closed_seq INTEGER NOT NULL DEFAULT 0 CHECK (closed_seq >= 0)",
    """
    CREATE TABLE closed_books (
      number INTEGER PRIMARY KEY CHECK (number >= 1),
      from_seq INTEGER NOT NULL CHECK (from_seq >= 1),
      closed_seq INTEGER NOT NULL UNIQUE CHECK (closed_seq >= from_seq),
      closed_hash TEXT NOT NULL CHECK (length(closed_hash) = 64),
      closed_through INTEGER NOT NULL,
      cash_minor INTEGER NOT NULL,
      bonus_minor INTEGER NOT NULL CHECK (bonus_minor >= 0),
      held_minor INTEGER NOT NULL CHECK (held_minor >= 0),
      answers INTEGER NOT NULL CHECK (answers >= 0),
      staked_cash INTEGER NOT NULL CHECK (staked_cash IN (0, 1)),
      opening_sha256 TEXT NOT NULL CHECK (length(opening_sha256) = 64),
      manifest_sha256 TEXT NOT NULL CHECK (length(manifest_sha256) = 64),
      event_seq INTEGER NOT NULL UNIQUE CHECK (event_seq > closed_seq)
    ) STRICT
    """,
    """
    CREATE TRIGGER closed_books_need_their_event BEFORE INSERT ON closed_books
    WHEN NOT EXISTS (
      SELECT 1 FROM events WHERE seq = NEW.event_seq AND type = 'BOOKS_CLOSED'
      AND data ->> 'closed_seq' = NEW.closed_seq AND data ->> 'closed_hash' = NEW.closed_hash
      AND data ->> 'opening_sha256' = NEW.opening_sha256
      AND data ->> 'manifest_sha256' = NEW.manifest_sha256)
    BEGIN SELECT RAISE(ABORT, 'a book is closed by its event'); END
    """,
    """
    CREATE TRIGGER closed_books_refuse_update BEFORE UPDATE ON closed_books
    BEGIN SELECT RAISE(ABORT, 'a closed book stays closed'); END
    """,
    """
    CREATE TRIGGER closed_books_refuse_delete BEFORE DELETE ON closed_books
    BEGIN SELECT RAISE(ABORT, 'a closed book stays closed'); END
    """,
    """
    CREATE TRIGGER meta_closes_books BEFORE UPDATE OF closed_seq ON meta
    WHEN NEW.closed_seq <> OLD.closed_seq AND (
      NEW.closed_seq < OLD.closed_seq
      OR NEW.closed_seq IS NOT (SELECT max(closed_seq) FROM closed_books))
    BEGIN SELECT RAISE(ABORT, 'the log begins behind a closed book'); END
    """,
    "CREATE TABLE opening (id INTEGER PRIMARY KEY CHECK (id = 1), fold TEXT NOT NULL) STRICT",
    """
    CREATE TABLE carried (
      seq INTEGER PRIMARY KEY CHECK (seq >= 1),
      hash TEXT NOT NULL CHECK (length(hash) = 64)
    ) STRICT
    """,
    """
    CREATE TABLE closing (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      from_seq INTEGER NOT NULL,
      to_seq INTEGER NOT NULL CHECK (to_seq >= from_seq),
      stage TEXT NOT NULL CHECK (stage IN ('proving', 'ready', 'dropping')),
      fold TEXT NOT NULL CHECK (json_valid(fold)),
      cursor TEXT NOT NULL
    ) STRICT
    """,
    # Sixteen bytes of a hash are left of a key, of its request and of a round.
    """
    CREATE TABLE closed_keys (
      slot BLOB PRIMARY KEY CHECK (length(slot) = 16),
      request BLOB NOT NULL CHECK (length(request) = 16),
      book INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE closed_rounds (
      round BLOB PRIMARY KEY CHECK (length(round) = 16),
      settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
      rolled_back INTEGER NOT NULL CHECK (rolled_back IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    *(
        f"CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'what is closed stays known'); END"
        for table in ("closed_keys", "closed_rounds")
        for verb in ("update", "delete")
    ),
    "DROP TRIGGER events_refuse_delete",
    """
    CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    WHEN OLD.seq > coalesce((SELECT closed_seq FROM meta), 0)
      OR EXISTS (SELECT 1 FROM carried WHERE seq = OLD.seq)
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """,
    "DROP TRIGGER commands_refuse_delete",
    """
    CREATE TRIGGER commands_refuse_delete BEFORE DELETE ON commands
    WHEN OLD.seq >= coalesce((SELECT closed_seq FROM meta), 0)
    BEGIN SELECT RAISE(ABORT, 'answers are kept as given'); END
    """,
)
