-- Identity checks. The documents themselves are sealed in R2; a row says what they are and what became of them.
-- players.kyc_status is the status of the case, written in the same transaction. Times are UTC milliseconds.

CREATE TABLE kyc_cases (
  player_id TEXT PRIMARY KEY REFERENCES players (player_id),
  level INTEGER NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 2),
  version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
  waiting_since INTEGER,
  decided_at INTEGER,
  expires_at INTEGER,
  reason_code TEXT,
  times_opened INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX kyc_queue ON kyc_cases (waiting_since, player_id) WHERE waiting_since IS NOT NULL;

-- A document is 'storing' until its bytes are in R2: a lost answer is completed by sending it again.
CREATE TABLE kyc_documents (
  document_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  kind TEXT NOT NULL CHECK (kind IN ('id_front', 'id_back', 'selfie', 'proof_of_address')),
  content_type TEXT NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'application/pdf')),
  size_bytes INTEGER NOT NULL CHECK (size_bytes BETWEEN 1 AND 5242880),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  object_key TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('storing', 'received', 'accepted', 'rejected', 'replaced', 'expired')),
  reason_code TEXT,
  opinion TEXT CHECK (opinion IN ('passed', 'failed', 'unsure', 'not_asked')),
  provider TEXT,
  provider_reference TEXT,
  created_at INTEGER NOT NULL,
  times_opened INTEGER NOT NULL DEFAULT 0,
  UNIQUE (player_id, kind, sha256)
) STRICT;
CREATE INDEX kyc_documents_by_player ON kyc_documents (player_id, created_at);

CREATE TRIGGER kyc_documents_are_what_was_sent
BEFORE UPDATE OF document_id, player_id, kind, content_type, size_bytes, sha256, object_key, created_at ON kyc_documents
BEGIN
  SELECT RAISE(ABORT, 'a document is never another one');
END;

CREATE TABLE kyc_decisions (
  decision_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  decision TEXT NOT NULL CHECK (decision IN ('approve', 'reject', 'reverify')),
  from_status TEXT NOT NULL,
  to_status TEXT NOT NULL,
  level INTEGER NOT NULL,
  reason TEXT NOT NULL,
  reason_code TEXT,
  outcome TEXT,
  evidence TEXT NOT NULL CHECK (json_valid(evidence)),
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX kyc_decisions_by_player ON kyc_decisions (player_id, decision_id);

CREATE TRIGGER kyc_decisions_are_final BEFORE UPDATE ON kyc_decisions
BEGIN
  SELECT RAISE(ABORT, 'a decision is never changed');
END;
CREATE TRIGGER kyc_decisions_are_kept BEFORE DELETE ON kyc_decisions
BEGIN
  SELECT RAISE(ABORT, 'a decision is kept');
END;

-- Lists are public; names are stored as normalised keys. One row for each name of an entry.
CREATE TABLE screening_lists (
  list_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('pep', 'sanction')),
  name_key TEXT NOT NULL,
  born TEXT,
  listed_at INTEGER NOT NULL,
  PRIMARY KEY (list_id, entry_id, name_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX screening_by_name ON screening_lists (name_key);
CREATE INDEX screening_by_birth ON screening_lists (born);

CREATE TABLE screening_matches (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  list_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('pep', 'sanction')),
  outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'false_positive', 'accepted_pep')),
  found_at INTEGER NOT NULL,
  resolved_at INTEGER,
  PRIMARY KEY (player_id, list_id, entry_id)
) STRICT, WITHOUT ROWID;
