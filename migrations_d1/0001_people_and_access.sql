-- People, their credentials and their sessions. Personal data is AES-GCM ciphertext; what must be
-- found again (e-mail, CPF, PIX key) has an HMAC blind index beside it. Times are UTC milliseconds.

CREATE TABLE players (
  player_id TEXT PRIMARY KEY,
  brand_id TEXT NOT NULL,
  jurisdiction TEXT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
  kyc_status TEXT NOT NULL CHECK (kyc_status IN ('pending', 'in_review', 'approved', 'rejected', 'expired')),
  vip_tier TEXT NOT NULL CHECK (vip_tier IN ('bronze', 'silver', 'gold', 'platinum')),
  birth_date TEXT NOT NULL,
  gender TEXT NOT NULL,
  email_index TEXT NOT NULL,
  cpf_index TEXT NOT NULL,
  pii_sealed TEXT NOT NULL,
  cpf_sealed TEXT NOT NULL,
  limits_requested TEXT NOT NULL CHECK (json_valid(limits_requested)),
  terms_version TEXT NOT NULL,
  privacy_version TEXT NOT NULL,
  registered_ip_index TEXT NOT NULL,
  wallet_opened_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (brand_id, email_index),
  UNIQUE (brand_id, cpf_index)
) STRICT;

CREATE TABLE staff (
  staff_id TEXT PRIMARY KEY,
  email_index TEXT NOT NULL UNIQUE,
  email_sealed TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('support', 'kyc', 'aml', 'finance', 'game_ops', 'admin', 'regulator', 'auditor')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
  subject_id TEXT PRIMARY KEY,
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('player', 'staff')),
  password_hash TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

-- Keyed by the e-mail's blind index whether or not an account exists, so that a lock tells nothing.
CREATE TABLE login_failures (
  email_index TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  failures INTEGER NOT NULL CHECK (failures >= 0),
  window_started_at INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  PRIMARY KEY (email_index, subject_kind)
) STRICT;

CREATE TABLE refresh_families (
  family_id TEXT PRIMARY KEY,
  subject_id TEXT NOT NULL,
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('player', 'staff')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  revoked_reason TEXT
) STRICT;
CREATE INDEX refresh_families_by_subject ON refresh_families (subject_id);

CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  family_id TEXT NOT NULL REFERENCES refresh_families (family_id),
  issued_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
