-- Payments as the outside world sees them. The money itself is decided in the player's wallet; these
-- rows find the wallet for a txid and show a status.

CREATE TABLE payment_accounts (
  payment_account_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  kind TEXT NOT NULL CHECK (kind IN ('pix')),
  key_type TEXT NOT NULL CHECK (key_type IN ('cpf')),
  key_index TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (player_id, kind, key_index)
) STRICT;

CREATE TABLE deposits (
  deposit_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  txid TEXT NOT NULL UNIQUE,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'credited', 'refunded', 'expired')),
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  settled_at INTEGER,
  end_to_end_id TEXT,
  refusal TEXT
) STRICT;
CREATE INDEX deposits_by_player ON deposits (player_id, requested_at);
CREATE INDEX deposits_pending ON deposits (expires_at) WHERE status = 'pending';

-- Every PIX that the bank told us of, under the id that no other PIX has: what was worked off once
-- cannot be told again for another charge, player or amount. Whether the payer is taken (refusal) is
-- decided when it is first told, so no repetition credits what went back. Of an unreadable one we
-- know the id only.
CREATE TABLE pix_received (
  end_to_end_id TEXT PRIMARY KEY,
  txid TEXT,
  amount_minor INTEGER CHECK (amount_minor > 0),
  paid_at INTEGER,
  received_at INTEGER NOT NULL,
  outcome TEXT NOT NULL
    CHECK (outcome IN ('open', 'credited', 'refunded', 'unknown', 'unreadable')),
  refusal TEXT,
  CHECK ((outcome = 'unreadable') = (amount_minor IS NULL)),
  CHECK ((outcome = 'unreadable') = (paid_at IS NULL))
) STRICT;
CREATE INDEX pix_received_suspense ON pix_received (received_at, end_to_end_id)
  WHERE outcome NOT IN ('credited', 'refunded');

CREATE TABLE withdrawals (
  withdrawal_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  payment_account_id TEXT NOT NULL REFERENCES payment_accounts (payment_account_id),
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('processing', 'paid', 'released')),
  requested_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  settled_at INTEGER,
  end_to_end_id TEXT NOT NULL UNIQUE,
  -- Of the explanation that was given when the money was asked for: a replay says the same.
  language TEXT NOT NULL DEFAULT 'pt-BR' CHECK (language IN ('pt-BR', 'en')),
  -- When the bank was last asked to pay; 0 when nobody is known to have asked.
  asked_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX withdrawals_by_player ON withdrawals (player_id, requested_at);
CREATE INDEX withdrawals_unsettled ON withdrawals (requested_at) WHERE status = 'processing';
CREATE INDEX withdrawals_to_ask ON withdrawals (asked_at) WHERE status = 'processing';
CREATE INDEX withdrawals_due ON withdrawals (due_at) WHERE status = 'processing';
