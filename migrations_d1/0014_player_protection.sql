-- Player protection outside the wallet. Limits, pauses and exclusions themselves are events of the
-- wallet and come with its projection; what is here is nowhere else.

-- What players say about advertising: every choice stays, the newest one counts. A self-exclusion
-- withdraws the consent for good.
CREATE TABLE marketing_choices (
  choice_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  consent INTEGER NOT NULL CHECK (consent IN (0, 1)),
  source TEXT NOT NULL CHECK (source IN ('player', 'exclusion')),
  chosen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX marketing_choices_of_player ON marketing_choices (player_id);

-- What staff ordered for a player, written with its entry in the audit log before the wallet is
-- asked. `outcome` is empty while nobody knows what the wallet did: the order is carried out under
-- its own id as the key, so sending it again does it once.
CREATE TABLE protection_orders (
  order_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  command TEXT NOT NULL CHECK (command IN ('operator_limit_set', 'exclude')),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  reason TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  ordered_at INTEGER NOT NULL,
  outcome TEXT,
  carried_out_at INTEGER
) STRICT;
CREATE INDEX protection_orders_of_player ON protection_orders (player_id, order_id);
