-- Registers outside the house: what was asked, what is known now, who leaves the house and what they were told.
-- No table holds a CPF. `checked_at`, `found_at` and the times of a case are of the player's wallet; all others are of
-- the house's clock. In production the two are one. Times are UTC milliseconds.

CREATE TABLE register_checks (
  check_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  register TEXT NOT NULL,
  occasion TEXT NOT NULL CHECK (occasion IN ('registration', 'login', 'sweep', 'retry')),
  result TEXT NOT NULL CHECK (result IN ('clear', 'listed', 'unanswered')),
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  request_id TEXT,
  outage TEXT CHECK (outage IN ('not_connected', 'no_answer', 'refused', 'unreadable')),
  checked_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  CHECK ((result = 'unanswered') = (outage IS NOT NULL)),
  CHECK ((result = 'unanswered') = (request_id IS NULL)),
  CHECK ((result = 'listed') = (json_array_length(reasons) > 0))
) STRICT;
CREATE INDEX register_checks_by_player ON register_checks (player_id, check_id);

CREATE TRIGGER register_checks_are_final BEFORE UPDATE ON register_checks
BEGIN
  SELECT RAISE(ABORT, 'an answer is never changed');
END;
CREATE TRIGGER register_checks_are_kept BEFORE DELETE ON register_checks
BEGIN
  SELECT RAISE(ABORT, 'an answer is kept');
END;

-- The last thing known of each person. `next_at`: when to ask without an occasion, NULL once the account is closed.
-- `told` is what the wallet has accepted; NULL while it is to be told, not before `tell_at`.
CREATE TABLE register_standings (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  register TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('clear', 'listed', 'pending')),
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  checked_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_at INTEGER,
  claimed_until INTEGER NOT NULL DEFAULT 0,
  told TEXT,
  told_version INTEGER NOT NULL DEFAULT 0,
  tell_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (player_id, register)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_standings_due ON register_standings (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX register_standings_untold ON register_standings (tell_at)
  WHERE told IS NULL AND next_at IS NOT NULL;

-- Whoever registered before this migration is asked about at their next login, or by the first sweep.
INSERT INTO register_standings (player_id, register, status, reasons, next_at)
SELECT player_id, iif(jurisdiction = 'br', 'sigap', 'gamstop'), 'pending', '[]', 0 FROM players
WHERE jurisdiction IN ('br', 'uk') AND status <> 'closed';

-- Impediments are a set: one may end while another goes on, and none is forgotten.
CREATE TABLE impediments (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  register TEXT NOT NULL,
  reason TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  found_by TEXT NOT NULL REFERENCES register_checks (check_id),
  ended_at INTEGER,
  ended_by TEXT REFERENCES register_checks (check_id),
  PRIMARY KEY (player_id, register, reason, found_at)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX impediments_in_force ON impediments (player_id, register, reason) WHERE ended_at IS NULL;

-- One off-boarding for each account. The steps have their times; the state is computed from them.
CREATE TABLE offboardings (
  case_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL UNIQUE REFERENCES players (player_id),
  check_id TEXT NOT NULL REFERENCES register_checks (check_id),
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  found_at INTEGER NOT NULL,
  notified_at INTEGER,
  closed_at INTEGER,
  refunded_at INTEGER,
  refunded_minor INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  escheated_at INTEGER,
  escheat_approval_id TEXT,
  opened_at INTEGER NOT NULL,
  last_failure TEXT,
  next_at INTEGER,
  claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX offboardings_due ON offboardings (next_at) WHERE next_at IS NOT NULL;

CREATE TRIGGER offboardings_go_forward BEFORE UPDATE ON offboardings
WHEN NEW.player_id <> OLD.player_id OR NEW.found_at <> OLD.found_at OR NEW.check_id <> OLD.check_id
  OR (OLD.notified_at IS NOT NULL AND NEW.notified_at IS NOT OLD.notified_at)
  OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT OLD.closed_at)
  OR (OLD.refunded_at IS NOT NULL AND NEW.refunded_at IS NOT OLD.refunded_at)
  OR (OLD.escheated_at IS NOT NULL AND NEW.escheated_at IS NOT OLD.escheated_at)
BEGIN
  SELECT RAISE(ABORT, 'a step that was taken is never taken back');
END;
CREATE TRIGGER offboardings_are_kept BEFORE DELETE ON offboardings
BEGIN
  SELECT RAISE(ABORT, 'an off-boarding is kept');
END;

-- What an impeded or excluded person was told. The content is sealed; its hash says that it is what was sent, also
-- after the seal has been renewed under another key.
CREATE TABLE communications (
  communication_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  case_id TEXT REFERENCES offboardings (case_id),
  kind TEXT NOT NULL CHECK (kind IN ('impeded', 'closed', 'refunded', 'unclaimed')),
  channel TEXT NOT NULL CHECK (channel IN ('email')),
  language TEXT NOT NULL CHECK (language IN ('pt-BR', 'en')),
  template_version TEXT NOT NULL,
  content_sealed TEXT NOT NULL,
  content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
  reference TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL,
  UNIQUE (case_id, kind)
) STRICT;
CREATE INDEX communications_by_player ON communications (player_id, communication_id);

CREATE TRIGGER communications_are_final
BEFORE UPDATE OF communication_id, player_id, case_id, kind, channel, language, template_version, content_sha256,
  reference, sent_at, recorded_at, keep_until ON communications
BEGIN
  SELECT RAISE(ABORT, 'what was sent is never changed');
END;
CREATE TRIGGER communications_are_kept BEFORE DELETE ON communications
WHEN OLD.keep_until > unixepoch('now') * 1000
BEGIN
  SELECT RAISE(ABORT, 'a communication is kept for five years');
END;

-- What the next day's file of bettors must say. Where no official text gives a status for the reason, `status` is NULL,
-- and a file with such a row is not to be built.
CREATE TABLE sigap_status_changes (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  reason TEXT NOT NULL,
  status INTEGER,
  detected_at INTEGER NOT NULL,
  report_on TEXT NOT NULL,
  reported_at INTEGER,
  PRIMARY KEY (player_id, reason, detected_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX sigap_status_changes_open ON sigap_status_changes (report_on) WHERE reported_at IS NULL;

-- One slice of the sweep after another, added up by the day of the jurisdiction.
CREATE TABLE register_runs (
  register TEXT NOT NULL,
  day TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  last_slice_at INTEGER NOT NULL,
  slices INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  clear INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  unanswered INTEGER NOT NULL,
  PRIMARY KEY (register, day)
) STRICT, WITHOUT ROWID;

-- When a control that the law demands did not work: the duration of a breach counts (Lei 14.790/2023 art. 42).
CREATE TABLE control_outages (
  control TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  ended_at INTEGER,
  occurrences INTEGER NOT NULL,
  outage TEXT NOT NULL,
  PRIMARY KEY (control, began_at)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX control_outages_open ON control_outages (control) WHERE ended_at IS NULL;

-- Which account of a person followed which, and under which CPF: a new registration never revives an old account.
CREATE TABLE account_successions (
  former_id TEXT PRIMARY KEY REFERENCES players (player_id),
  player_id TEXT NOT NULL UNIQUE REFERENCES players (player_id),
  cpf_index TEXT NOT NULL,
  succeeded_at INTEGER NOT NULL
) STRICT;

-- The registers of the sandbox: which are off, and whom they list beside the published CPFs.
CREATE TABLE sandbox_registers (
  register TEXT PRIMARY KEY,
  is_up INTEGER NOT NULL CHECK (is_up IN (0, 1))
) STRICT;
CREATE TABLE sandbox_listings (
  register TEXT NOT NULL,
  person_index TEXT NOT NULL,
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  PRIMARY KEY (register, person_index)
) STRICT, WITHOUT ROWID;
