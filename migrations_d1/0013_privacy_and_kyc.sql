-- Identity: what a provider vouches for, the fact for the wallet, lists that change; any kind of approval.
-- Privacy: a key for each person, what law keeps and how long, who looked, exports, requests of erasure.

-- A provider that compares face and CPF with the official base may vouch for kinds of documents.
ALTER TABLE kyc_documents ADD COLUMN vouches TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(vouches));
ALTER TABLE kyc_documents ADD COLUMN read_birth_date TEXT;
-- How the object in R2 is sealed: v1 under a key of the house, v2 under the key of its person.
ALTER TABLE kyc_documents ADD COLUMN seal TEXT NOT NULL DEFAULT 'v1' CHECK (seal IN ('v1', 'v2'));
CREATE INDEX kyc_documents_to_reseal ON kyc_documents (document_id) WHERE seal = 'v1';

-- The fact `kyc` of a wallet: `fact_at` moves with every change of the case, `fact_told_at` is what the wallet has.
ALTER TABLE kyc_cases ADD COLUMN fact_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE kyc_cases ADD COLUMN fact_told_at INTEGER NOT NULL DEFAULT -1;
CREATE INDEX kyc_facts_to_tell ON kyc_cases (player_id) WHERE fact_told_at < fact_at;
CREATE INDEX kyc_cases_by_end ON kyc_cases (expires_at) WHERE expires_at IS NOT NULL;

-- Every replacement of a list counts on; a sweep screens everybody against one sum of the counts.
CREATE TABLE screening_revisions (
  list_id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO screening_revisions SELECT list_id, 1, max(listed_at) FROM screening_lists GROUP BY list_id;

CREATE TABLE screening_sweeps (
  revision INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  cursor TEXT NOT NULL,
  players INTEGER NOT NULL,
  flagged INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

-- The kinds of approvals are a list of the code; a constraint here would have to be rebuilt for each new one.
CREATE TABLE approvals_of_any_kind (
  approval_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  subject TEXT NOT NULL CHECK (json_valid(subject)),
  maker_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected')),
  created_at INTEGER NOT NULL,
  checker_id TEXT,
  decided_at INTEGER,
  decision_reason TEXT,
  carried_out_at INTEGER,
  refusal TEXT,
  proposal_key TEXT,
  CHECK (checker_id IS NULL OR checker_id <> maker_id)
) STRICT;
INSERT INTO approvals_of_any_kind (approval_id, kind, subject, maker_id, reason, status, created_at, checker_id,
  decided_at, decision_reason, carried_out_at, refusal, proposal_key)
SELECT approval_id, kind, subject, maker_id, reason, status, created_at, checker_id,
  decided_at, decision_reason, carried_out_at, refusal, proposal_key FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_of_any_kind RENAME TO approvals;
CREATE UNIQUE INDEX approvals_by_proposal_key ON approvals (maker_id, proposal_key)
  WHERE proposal_key IS NOT NULL;

-- Two keys for each person, wrapped under a key of the house: `profile` opens what may go at once, `records` what
-- law keeps. Without its key nothing of that person opens, wherever a copy of it lies.
CREATE TABLE person_keys (
  player_id TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('profile', 'records')),
  wrapped TEXT,
  key_id TEXT,
  created_at INTEGER NOT NULL,
  destroyed_at INTEGER,
  PRIMARY KEY (player_id, purpose),
  CHECK ((wrapped IS NULL) = (key_id IS NULL)),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX person_keys_by_house_key ON person_keys (key_id) WHERE key_id IS NOT NULL;
-- Rows from before there were such keys: they are sealed anew by the tick.
CREATE INDEX players_to_reseal ON players (player_id) WHERE pii_sealed GLOB 'v1.*' OR cpf_sealed GLOB 'v1.*';
CREATE INDEX players_closed ON players (player_id) WHERE status = 'closed';

-- How long law keeps which records of somebody whose account is over. `retention_clock` is the time of the job that
-- deletes: nothing is deleted by a batch that does not say what time it is, and it never goes back.
CREATE TABLE retentions (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  record_class TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL CHECK (keep_until >= began_at),
  PRIMARY KEY (player_id, record_class)
) STRICT, WITHOUT ROWID;
CREATE INDEX retentions_by_end ON retentions (keep_until);
CREATE TABLE retention_clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  now_ms INTEGER NOT NULL
) STRICT;
INSERT INTO retention_clock VALUES (1, 0);

CREATE TRIGGER retention_clock_goes_forward BEFORE UPDATE ON retention_clock WHEN NEW.now_ms < OLD.now_ms
BEGIN
  SELECT RAISE(ABORT, 'the clock of retention does not go back');
END;
CREATE TRIGGER retentions_are_not_shortened BEFORE UPDATE ON retentions WHEN NEW.keep_until < OLD.keep_until
BEGIN
  SELECT RAISE(ABORT, 'a retention is never shortened');
END;
CREATE TRIGGER retentions_are_kept BEFORE DELETE ON retentions
BEGIN
  SELECT RAISE(ABORT, 'a retention is kept');
END;
CREATE TRIGGER person_keys_are_kept BEFORE DELETE ON person_keys
BEGIN
  SELECT RAISE(ABORT, 'a key is destroyed, and its row kept');
END;
CREATE TRIGGER person_keys_stay_destroyed BEFORE UPDATE ON person_keys WHEN OLD.destroyed_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a destroyed key does not come back');
END;
CREATE TRIGGER person_keys_of_records_are_kept_by_law BEFORE UPDATE ON person_keys
WHEN NEW.wrapped IS NULL AND OLD.purpose = 'records' AND (
  NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms))
BEGIN
  SELECT RAISE(ABORT, 'law keeps these records');
END;
CREATE TRIGGER kyc_documents_are_kept_by_law BEFORE DELETE ON kyc_documents
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'law keeps these records');
END;

-- What of an erased person is kept until its retention ends, sealed under their key of records.
CREATE TABLE kept_identities (
  player_id TEXT PRIMARY KEY REFERENCES players (player_id),
  sealed TEXT NOT NULL,
  kept_since INTEGER NOT NULL
) STRICT;

CREATE TABLE erasure_requests (
  request_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  status TEXT NOT NULL CHECK (status IN ('open', 'refused', 'granted', 'completed')),
  requested_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  decision_reason TEXT,
  completed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_erasure_request ON erasure_requests (player_id) WHERE status = 'open';
CREATE INDEX erasure_requests_by_status ON erasure_requests (status, request_id);

-- Who of the house looked at whose data. Marco Civil keeps such logs half a year at least; `keep_until` is the
-- profile's at the time of the look.
CREATE TABLE personal_data_access (
  access_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  fields TEXT NOT NULL CHECK (json_valid(fields)),
  form TEXT NOT NULL CHECK (form IN ('masked', 'full')),
  purpose TEXT NOT NULL,
  note TEXT NOT NULL,
  accessed_at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL
) STRICT;
CREATE INDEX personal_data_access_by_player ON personal_data_access (player_id, access_id);
CREATE INDEX personal_data_access_by_end ON personal_data_access (keep_until);

CREATE TRIGGER personal_data_access_is_append_only BEFORE UPDATE ON personal_data_access
BEGIN
  SELECT RAISE(ABORT, 'the access log is append-only');
END;
CREATE TRIGGER personal_data_access_is_kept_by_law BEFORE DELETE ON personal_data_access
WHEN OLD.keep_until > (SELECT now_ms FROM retention_clock)
BEGIN
  SELECT RAISE(ABORT, 'law keeps these records');
END;

-- A person's own data, made in slices: `section` and `cursor` say where the next slice begins. The parts are objects
-- in R2, sealed under the person's key, and go after some days.
CREATE TABLE data_exports (
  export_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  status TEXT NOT NULL CHECK (status IN ('building', 'ready', 'expired')),
  section TEXT NOT NULL,
  cursor TEXT NOT NULL,
  parts INTEGER NOT NULL DEFAULT 0,
  requested_at INTEGER NOT NULL,
  ready_at INTEGER,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX data_exports_by_player ON data_exports (player_id, export_id);
CREATE INDEX data_exports_to_do ON data_exports (status, expires_at) WHERE status <> 'expired';
