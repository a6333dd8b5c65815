-- Markers of harm, what is done about them, and VIP tiers. Everything about play is derived from the projection and can
-- be derived again; interventions, contacts, tasks and histories are records. Times are UTC milliseconds.

-- How far a player's events are counted (`seq`), what the count carries along, and what it adds up to. `hits` are the
-- markers that held, each with its latest evidence. `look_at`: when somebody must look although nothing was played.
CREATE TABLE harm_players (
  player_id TEXT PRIMARY KEY REFERENCES players (player_id),
  seq INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
  state TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(state)),
  hits TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(hits)),
  readings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(readings)),
  score INTEGER NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
  level TEXT NOT NULL DEFAULT 'none' CHECK (level IN ('none', 'low', 'medium', 'high', 'critical')),
  level_since INTEGER,
  policy_version TEXT,
  evaluated_at INTEGER,
  look_at INTEGER
) STRICT;
CREATE INDEX harm_players_to_look_at ON harm_players (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX harm_players_by_level ON harm_players (level) WHERE level <> 'none';

CREATE TABLE harm_days (
  player_id TEXT NOT NULL REFERENCES players (player_id),
  day INTEGER NOT NULL,
  facts TEXT NOT NULL CHECK (json_valid(facts)),
  PRIMARY KEY (player_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE harm_levels (
  change_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  from_level TEXT NOT NULL,
  to_level TEXT NOT NULL,
  score INTEGER NOT NULL,
  policy_version TEXT NOT NULL,
  readings TEXT NOT NULL CHECK (json_valid(readings)),
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX harm_levels_of_player ON harm_levels (player_id, change_id);

-- What was done about it, by the policy or by staff: with what was known then, what the wallet was told, what the player
-- did, and their play 7 and 30 days before and after.
CREATE TABLE interventions (
  intervention_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  origin TEXT NOT NULL CHECK (origin IN ('policy', 'staff')),
  level TEXT NOT NULL CHECK (level IN ('none', 'low', 'medium', 'high', 'critical')),
  action TEXT NOT NULL CHECK (action IN ('message', 'acknowledge', 'choose', 'pause', 'lift')),
  template TEXT NOT NULL,
  template_version TEXT NOT NULL,
  blocks_bonus INTEGER NOT NULL CHECK (blocks_bonus IN (0, 1)),
  reality_check_minutes INTEGER,
  pause_ms INTEGER,
  pause_until INTEGER,
  deposit_limit_minor INTEGER,
  score INTEGER NOT NULL,
  policy_version TEXT NOT NULL,
  readings TEXT NOT NULL CHECK (json_valid(readings)),
  numbers TEXT NOT NULL CHECK (json_valid(numbers)),
  actor_id TEXT,
  reason TEXT,
  taken_at INTEGER NOT NULL,
  taken_on INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'carried_out', 'refused')),
  refusal TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  try_at INTEGER NOT NULL,
  carried_out_at INTEGER,
  reaction TEXT,
  reacted_at INTEGER,
  outcome_7 TEXT CHECK (outcome_7 IS NULL OR json_valid(outcome_7)),
  outcome_30 TEXT CHECK (outcome_30 IS NULL OR json_valid(outcome_30)),
  CHECK ((origin = 'staff') = (actor_id IS NOT NULL)),
  CHECK ((origin = 'staff') = (reason IS NOT NULL))
) STRICT;
CREATE INDEX interventions_of_player ON interventions (player_id, intervention_id);
CREATE INDEX interventions_pending ON interventions (try_at) WHERE status = 'pending';
CREATE INDEX interventions_by_time ON interventions (taken_at);

CREATE TRIGGER interventions_are_what_was_decided
BEFORE UPDATE OF intervention_id, player_id, origin, level, action, template, template_version, blocks_bonus,
  reality_check_minutes, pause_ms, deposit_limit_minor, score, policy_version, readings, numbers, actor_id, reason,
  taken_at, taken_on
ON interventions
BEGIN
  SELECT RAISE(ABORT, 'an intervention is never another one');
END;
CREATE TRIGGER interventions_are_kept BEFORE DELETE ON interventions
BEGIN
  SELECT RAISE(ABORT, 'an intervention is kept');
END;

-- Somebody of the house is to talk to the player, or to look at a contact, by `due_at`.
CREATE TABLE protection_tasks (
  task_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  kind TEXT NOT NULL CHECK (kind IN ('human_contact', 'contact_review')),
  because_of TEXT NOT NULL UNIQUE,
  opened_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL CHECK (due_at > opened_at),
  closed_at INTEGER,
  closed_by TEXT,
  outcome TEXT CHECK (outcome IN ('talked', 'message_left', 'not_reached', 'declined', 'no_action', 'escalated')),
  note_sealed TEXT,
  CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
  CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX protection_tasks_open ON protection_tasks (due_at) WHERE closed_at IS NULL;
CREATE INDEX protection_tasks_of_player ON protection_tasks (player_id, task_id);

-- A contact with support, as flags; what was said is sealed.
CREATE TABLE support_contacts (
  contact_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  channel TEXT NOT NULL CHECK (channel IN ('chat', 'email', 'phone', 'other')),
  flags TEXT NOT NULL CHECK (json_valid(flags)),
  note_sealed TEXT,
  noted_by TEXT NOT NULL,
  noted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX support_contacts_of_player ON support_contacts (player_id, noted_at);

-- What a player says they earn in a month, when they say it.
CREATE TABLE declared_incomes (
  player_id TEXT PRIMARY KEY REFERENCES players (player_id),
  monthly_minor INTEGER NOT NULL CHECK (monthly_minor > 0),
  declared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `players.vip_tier` is the tier itself; here is when it was judged and whether its benefits rest.
CREATE TABLE vip_standings (
  player_id TEXT PRIMARY KEY REFERENCES players (player_id),
  judged_on INTEGER NOT NULL,
  rules_version TEXT NOT NULL,
  earned TEXT NOT NULL CHECK (earned IN ('bronze', 'silver', 'gold', 'platinum')),
  settled_minor INTEGER NOT NULL,
  days_played INTEGER NOT NULL,
  tenure_days INTEGER NOT NULL,
  benefits INTEGER NOT NULL CHECK (benefits IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE vip_changes (
  change_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  from_tier TEXT NOT NULL CHECK (from_tier IN ('bronze', 'silver', 'gold', 'platinum')),
  to_tier TEXT NOT NULL CHECK (to_tier IN ('bronze', 'silver', 'gold', 'platinum')),
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  level TEXT NOT NULL,
  settled_minor INTEGER NOT NULL,
  days_played INTEGER NOT NULL,
  tenure_days INTEGER NOT NULL,
  rules_version TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vip_changes_of_player ON vip_changes (player_id, change_id);

CREATE TRIGGER harm_levels_are_append_only BEFORE UPDATE ON harm_levels
BEGIN
  SELECT RAISE(ABORT, 'a change of level is never rewritten');
END;
CREATE TRIGGER harm_levels_are_kept BEFORE DELETE ON harm_levels
BEGIN
  SELECT RAISE(ABORT, 'a change of level is kept');
END;
CREATE TRIGGER vip_changes_are_append_only BEFORE UPDATE ON vip_changes
BEGIN
  SELECT RAISE(ABORT, 'a change of tier is never rewritten');
END;
CREATE TRIGGER vip_changes_are_kept BEFORE DELETE ON vip_changes
BEGIN
  SELECT RAISE(ABORT, 'a change of tier is kept');
END;
-- The database itself refuses a rise that the policy forbids (RG-E2).
CREATE TRIGGER vip_does_not_rise_at_a_level BEFORE INSERT ON vip_changes
WHEN NEW.level IN ('medium', 'high', 'critical')
  AND instr('bronze silver gold platinum', NEW.to_tier) > instr('bronze silver gold platinum', NEW.from_tier)
BEGIN
  SELECT RAISE(ABORT, 'a tier does not rise at this level');
END;

-- Who has new events, newest arrivals last. Both copies have it, because a rebuild of the projection swaps them.
CREATE INDEX projection_heads_by_time ON projection_heads (updated_at, player_id);
CREATE INDEX rebuild_heads_by_time ON rebuild_heads (updated_at, player_id);
-- RG-M05: deposits that failed, by when they would have ended.
CREATE INDEX deposits_failed ON deposits (expires_at) WHERE status IN ('refunded', 'expired');
