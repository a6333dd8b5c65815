-- Sessions as devices, second factors, the history of access and the checks of place. Times are UTC
-- milliseconds of the real clock; `second_factor_at` and `proved_at` of a player are those of the
-- player's wallet, which the sandbox can move. Addresses are sealed, and masked for their owner.

ALTER TABLE refresh_families ADD COLUMN last_active_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refresh_families ADD COLUMN device TEXT NOT NULL DEFAULT '?';
ALTER TABLE refresh_families ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE refresh_families ADD COLUMN address_masked TEXT NOT NULL DEFAULT '';
ALTER TABLE refresh_families ADD COLUMN second_factor_at INTEGER;

UPDATE refresh_families SET last_active_at = created_at;

-- One for each person. Not confirmed: it was shown and no code of it was ever given.
CREATE TABLE second_factors (
  subject_id TEXT PRIMARY KEY,
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('player', 'staff')),
  secret_sealed TEXT NOT NULL,
  last_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  proved_at INTEGER
) STRICT;

-- Keyed hashes; `purpose` tells a person's own codes from the one that another administrator gave.
CREATE TABLE recovery_codes (
  code_index TEXT PRIMARY KEY,
  subject_id TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('own', 'reset')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  used_at INTEGER
) STRICT;
CREATE INDEX recovery_codes_by_subject ON recovery_codes (subject_id);

-- Who came in or tried to, and what they changed about the account (Portaria SPA/MF 722/2024 Annex I
-- item 40, GLI-19 2.8.8). `subject_id` is empty for an address that has no account.
CREATE TABLE access_events (
  event_id TEXT PRIMARY KEY,
  subject_id TEXT NOT NULL,
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('player', 'staff')),
  email_index TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  event TEXT NOT NULL,
  session_id TEXT NOT NULL,
  device TEXT NOT NULL,
  country TEXT NOT NULL,
  address_masked TEXT NOT NULL,
  address_sealed TEXT NOT NULL,
  happened_at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_events_by_subject ON access_events (subject_id, event_id);

CREATE TRIGGER access_events_are_append_only BEFORE UPDATE ON access_events
BEGIN
  SELECT RAISE(ABORT, 'the history of access is append-only');
END;

CREATE TABLE geo_checks (
  check_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  occasion TEXT NOT NULL CHECK (occasion IN ('login', 'refresh', 'request')),
  verdict TEXT NOT NULL CHECK (verdict IN ('inside', 'outside', 'unknown')),
  reason TEXT,
  address TEXT NOT NULL,
  country TEXT NOT NULL,
  network INTEGER,
  organisation TEXT NOT NULL,
  latitude_tenths INTEGER,
  longitude_tenths INTEGER,
  speed_kmh INTEGER,
  checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX geo_checks_by_player ON geo_checks (player_id, check_id);

CREATE TRIGGER geo_checks_are_append_only BEFORE UPDATE ON geo_checks
BEGIN
  SELECT RAISE(ABORT, 'checks of place are append-only');
END;
