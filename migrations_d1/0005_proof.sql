-- What proves the money from outside the wallets: sums of all accounts, daily anchors of every
-- wallet's head, the archive's index, letters that could not be delivered, rebuilds and drills.

-- Double entry, moved in the transaction that stores the events and only while their head stands,
-- hence once for each event. A shard is the last character of the player's id: a reconciliation
-- compares one shard at a time, so its work is bounded however many players there are.
CREATE TABLE account_totals (
  currency TEXT NOT NULL,
  shard TEXT NOT NULL,
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL,
  PRIMARY KEY (currency, shard, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX projection_heads_by_shard ON projection_heads (substr(player_id, -1));

CREATE TABLE conservation_shards (
  shard TEXT NOT NULL,
  currency TEXT NOT NULL,
  players INTEGER NOT NULL,
  difference_minor INTEGER NOT NULL CHECK (difference_minor >= 0),
  checked_at INTEGER NOT NULL,
  PRIMARY KEY (shard, currency)
) STRICT, WITHOUT ROWID;

-- The last verdict for each currency: what /v1/stats shows.
CREATE TABLE conservation (
  currency TEXT PRIMARY KEY,
  drift_minor INTEGER NOT NULL,
  difference_minor INTEGER NOT NULL,
  accounts TEXT NOT NULL CHECK (json_valid(accounts)),
  checked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Anchors. A run gathers heads from the wallets, cuts them into complete subtrees of the Merkle tree
-- and ends as a row of `anchors`, which nobody changes or removes.
CREATE TABLE anchor_runs (
  day TEXT PRIMARY KEY,
  stage TEXT NOT NULL CHECK (stage IN ('gather', 'again', 'build', 'publish', 'done')),
  cursor TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  leaves INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  audit_seq INTEGER NOT NULL,
  audit_hash TEXT NOT NULL,
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE anchor_heads (
  day TEXT NOT NULL,
  player_id TEXT NOT NULL,
  seq INTEGER,
  head_hash TEXT,
  PRIMARY KEY (day, player_id),
  CHECK ((seq IS NULL) = (head_hash IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX anchor_heads_missing ON anchor_heads (day, player_id) WHERE seq IS NULL;

CREATE TABLE anchor_subtrees (
  day TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 0),
  first_player_id TEXT NOT NULL,
  leaves INTEGER NOT NULL CHECK (leaves BETWEEN 1 AND 256),
  root TEXT NOT NULL,
  PRIMARY KEY (day, number),
  UNIQUE (day, first_player_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE anchors (
  day TEXT PRIMARY KEY,
  root TEXT NOT NULL,
  leaves INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  previous TEXT NOT NULL,
  audit_seq INTEGER NOT NULL,
  audit_hash TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  previous_hash TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER anchors_are_append_only BEFORE UPDATE ON anchors
BEGIN
  SELECT RAISE(ABORT, 'an anchor is never changed');
END;
CREATE TRIGGER anchors_are_kept BEFORE DELETE ON anchors
BEGIN
  SELECT RAISE(ABORT, 'an anchor is kept');
END;

-- The archive: how far each wallet is archived, which days have something to archive, what was
-- written. A part is a file; a publication is one revision of one day's manifest.
CREATE TABLE archive_heads (
  player_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `held`: the projection of this wallet does not continue what is archived; a person must look.
CREATE TABLE archive_queue (
  day TEXT NOT NULL,
  player_id TEXT NOT NULL,
  held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
  PRIMARY KEY (day, player_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_queue_by_player ON archive_queue (player_id);

CREATE TABLE archive_parts (
  day TEXT NOT NULL,
  part INTEGER NOT NULL CHECK (part >= 1),
  number INTEGER NOT NULL UNIQUE CHECK (number >= 1),
  key TEXT NOT NULL UNIQUE,
  rows INTEGER NOT NULL CHECK (rows > 0),
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  first TEXT NOT NULL CHECK (json_valid(first)),
  last TEXT NOT NULL CHECK (json_valid(last)),
  made_at INTEGER NOT NULL,
  published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
  PRIMARY KEY (day, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_parts_unpublished ON archive_parts (number) WHERE published = 0;

CREATE TABLE archive_manifests (
  number INTEGER PRIMARY KEY CHECK (number >= 1),
  day TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  parts INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  sha256 TEXT NOT NULL UNIQUE,
  previous_sha256 TEXT NOT NULL UNIQUE,
  made_at INTEGER NOT NULL,
  UNIQUE (day, revision)
) STRICT;

CREATE TABLE dead_letters (
  dead_letter_id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  player_id TEXT,
  seq INTEGER,
  reason TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('dead', 'replay_asked', 'replayed', 'refused')),
  outcome TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_asked ON dead_letters (dead_letter_id) WHERE status = 'replay_asked';

-- What the desk asked for under an Idempotency-Key, and the id that its answer named.
CREATE TABLE desk_requests (
  actor_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request TEXT NOT NULL,
  answer TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (actor_id, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE drills (
  drill_id TEXT PRIMARY KEY,
  drilled_at INTEGER NOT NULL,
  wallets INTEGER NOT NULL,
  events INTEGER NOT NULL,
  differences INTEGER NOT NULL,
  report TEXT NOT NULL CHECK (json_valid(report))
) STRICT;

-- A second copy of the projection, made anew beside the one in use and compared with it row for row.
-- It has the same shape, the same trigger and its own sums; when it is put into use the two sets of
-- tables change names in one transaction, and the old one stays for whoever wants to look.
CREATE TABLE rebuilds (
  rebuild_id TEXT PRIMARY KEY,
  source TEXT NOT NULL CHECK (source IN ('wallets', 'archive')),
  swap INTEGER NOT NULL CHECK (swap IN (0, 1)),
  stage TEXT NOT NULL CHECK (stage IN ('clear', 'fill', 'compare', 'swap', 'end')),
  status TEXT NOT NULL CHECK (status IN ('running', 'equal', 'different', 'swapped', 'failed')),
  cursor TEXT NOT NULL,
  wallets INTEGER NOT NULL,
  events INTEGER NOT NULL,
  differences INTEGER NOT NULL,
  unavailable INTEGER NOT NULL,
  detail TEXT,
  asked_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_rebuild_at_a_time ON rebuilds (status) WHERE status = 'running';

CREATE TABLE rebuild_differences (
  rebuild_id TEXT NOT NULL,
  player_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('projection', 'rebuilt', 'both')),
  PRIMARY KEY (rebuild_id, player_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE rebuild_events (
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
CREATE INDEX rebuild_events_by_time ON rebuild_events (recorded_at, type);
CREATE INDEX rebuild_events_deposits ON rebuild_events (recorded_at) WHERE type = 'DEPOSIT';

CREATE TABLE rebuild_heads (
  player_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  head_hash TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rebuild_heads_by_shard ON rebuild_heads (substr(player_id, -1));

CREATE TABLE rebuild_totals (
  currency TEXT PRIMARY KEY,
  events INTEGER NOT NULL,
  rounds INTEGER NOT NULL,
  stakes_minor INTEGER NOT NULL,
  wins_minor INTEGER NOT NULL,
  deposits_minor INTEGER NOT NULL,
  withdrawals_minor INTEGER NOT NULL
) STRICT;

CREATE TRIGGER rebuild_events_move_totals AFTER INSERT ON rebuild_events
BEGIN
  INSERT OR IGNORE INTO rebuild_totals VALUES (NEW.currency, 0, 0, 0, 0, 0, 0);
  UPDATE rebuild_totals SET
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

CREATE TABLE rebuild_account_totals (
  currency TEXT NOT NULL,
  shard TEXT NOT NULL,
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL,
  PRIMARY KEY (currency, shard, account)
) STRICT, WITHOUT ROWID;
