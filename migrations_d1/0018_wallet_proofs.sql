-- What each wallet said last when the house had it prove itself in full. `through_seq` is the last
-- event of the newest full proof that held, 0 when none did; `law` is what did not hold.
CREATE TABLE wallet_proofs (
  player_id TEXT PRIMARY KEY,
  through_seq INTEGER NOT NULL CHECK (through_seq >= 0),
  law TEXT,
  asked_at INTEGER NOT NULL
) STRICT;

-- Frozen wallets are proved first, whether somebody has reviewed their alert or not.
CREATE INDEX aml_alerts_of_frozen_wallets ON aml_alerts (player_id) WHERE rule_id = 'wallet.frozen';
