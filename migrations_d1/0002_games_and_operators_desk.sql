-- Game versions are immutable but for their status: a change of RTP is a new version
-- (GLI-19 A.6.1: each RTP change makes the game a new game in reports).

CREATE TABLE game_versions (
  game_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  rtp_bps INTEGER NOT NULL CHECK (rtp_bps BETWEEN 8000 AND 9900),
  min_stake_minor INTEGER NOT NULL CHECK (min_stake_minor > 0),
  max_stake_minor INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'retired', 'rejected')),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  activated_at INTEGER,
  PRIMARY KEY (game_id, version),
  CHECK (max_stake_minor >= min_stake_minor)
) STRICT;
CREATE UNIQUE INDEX one_version_in_force ON game_versions (game_id) WHERE status = 'active';

CREATE TRIGGER game_versions_are_immutable
BEFORE UPDATE OF game_id, version, name, kind, rtp_bps, min_stake_minor, max_stake_minor, created_by, reason, created_at
ON game_versions
BEGIN
  SELECT RAISE(ABORT, 'a game version is immutable');
END;

CREATE TRIGGER game_versions_are_kept BEFORE DELETE ON game_versions
BEGIN
  SELECT RAISE(ABORT, 'a game version is kept');
END;

INSERT INTO game_versions (game_id, version, name, kind, rtp_bps, min_stake_minor, max_stake_minor, status, created_by, reason, created_at, activated_at)
VALUES ('dice', 1, 'Dice', 'dice', 9600, 100, 1000000, 'active', 'house', 'first version', 0, 0);

CREATE TABLE approvals (
  approval_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('game_version', 'adjustment', 'wallet_release', 'bonus')),
  subject TEXT NOT NULL CHECK (json_valid(subject)),
  maker_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected')),
  created_at INTEGER NOT NULL,
  checker_id TEXT,
  decided_at INTEGER,
  decision_reason TEXT,
  CHECK (checker_id IS NULL OR checker_id <> maker_id)
) STRICT;

CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY,
  recorded_at INTEGER NOT NULL,
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data)),
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_log_is_kept BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
