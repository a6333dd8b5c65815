-- What is said of a person goes when no law keeps it any more: records that nobody could delete may be deleted from
-- then on, and not before, by the job that says what time it is (`retention_clock`).

DROP TRIGGER kyc_decisions_are_kept;
CREATE TRIGGER kyc_decisions_are_kept BEFORE DELETE ON kyc_decisions
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'a decision is kept');
END;
DROP TRIGGER birth_date_readings_are_kept;
CREATE TRIGGER birth_date_readings_are_kept BEFORE DELETE ON birth_date_readings
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'a reading is kept');
END;
DROP TRIGGER register_checks_are_kept;
CREATE TRIGGER register_checks_are_kept BEFORE DELETE ON register_checks
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'an answer is kept');
END;
DROP TRIGGER offboardings_are_kept;
CREATE TRIGGER offboardings_are_kept BEFORE DELETE ON offboardings
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'an off-boarding is kept');
END;
DROP TRIGGER interventions_are_kept;
CREATE TRIGGER interventions_are_kept BEFORE DELETE ON interventions
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'an intervention is kept');
END;
DROP TRIGGER harm_levels_are_kept;
CREATE TRIGGER harm_levels_are_kept BEFORE DELETE ON harm_levels
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'a change of level is kept');
END;
DROP TRIGGER vip_changes_are_kept;
CREATE TRIGGER vip_changes_are_kept BEFORE DELETE ON vip_changes
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.player_id)
  OR EXISTS (SELECT 1 FROM retentions r, retention_clock c
             WHERE r.player_id = OLD.player_id AND r.keep_until > c.now_ms)
BEGIN
  SELECT RAISE(ABORT, 'a change of tier is kept');
END;
DROP TRIGGER communications_are_kept;
CREATE TRIGGER communications_are_kept BEFORE DELETE ON communications
WHEN OLD.keep_until > (SELECT now_ms FROM retention_clock)
BEGIN
  SELECT RAISE(ABORT, 'a communication is kept for five years');
END;

-- Of whom the retention has begun, an access keeps its time, its kind and the sealed address; the rest may be emptied.
DROP TRIGGER access_events_are_append_only;
CREATE TRIGGER access_events_are_append_only BEFORE UPDATE ON access_events
WHEN NEW.event_id <> OLD.event_id OR NEW.subject_id <> OLD.subject_id OR NEW.subject_kind <> OLD.subject_kind
  OR NEW.actor_id <> OLD.actor_id OR NEW.event <> OLD.event OR NEW.session_id <> OLD.session_id
  OR NEW.address_sealed <> OLD.address_sealed OR NEW.happened_at <> OLD.happened_at
  OR NEW.email_index || NEW.country || NEW.address_masked <> '' OR NEW.device <> '?'
  OR NOT EXISTS (SELECT 1 FROM retentions r WHERE r.player_id = OLD.subject_id)
BEGIN
  SELECT RAISE(ABORT, 'the history of access is append-only');
END;

-- Who was erased before was told so too.
DELETE FROM declared_incomes
WHERE player_id IN (SELECT player_id FROM erasure_requests WHERE status IN ('granted', 'completed'));
DELETE FROM marketing_choices
WHERE player_id IN (SELECT player_id FROM erasure_requests WHERE status IN ('granted', 'completed'));
UPDATE access_events SET email_index = '', device = '?', country = '', address_masked = ''
WHERE subject_id IN (SELECT player_id FROM erasure_requests WHERE status IN ('granted', 'completed'));

-- Records of access and of place go by their age, of everybody. Half a year (183 days) is the least that law asks.
CREATE INDEX access_events_by_time ON access_events (happened_at);
CREATE INDEX geo_checks_by_time ON geo_checks (checked_at);
CREATE TRIGGER access_events_are_kept_by_law BEFORE DELETE ON access_events
WHEN OLD.happened_at > (SELECT now_ms FROM retention_clock) - 15811200000
BEGIN
  SELECT RAISE(ABORT, 'law keeps these records');
END;
CREATE TRIGGER geo_checks_are_kept_by_law BEFORE DELETE ON geo_checks
WHEN OLD.checked_at > (SELECT now_ms FROM retention_clock) - 15811200000
BEGIN
  SELECT RAISE(ABORT, 'law keeps these records');
END;

-- Proposals about a player, requests of the desk by what they made, requests of erasure by their person.
CREATE INDEX approvals_about ON approvals (subject ->> 'player_id') WHERE subject ->> 'player_id' IS NOT NULL;
CREATE INDEX desk_requests_by_answer ON desk_requests (answer);
CREATE INDEX erasure_requests_of_player ON erasure_requests (player_id);
-- A parent that is deleted is looked for in these.
CREATE INDEX impediments_by_finding ON impediments (found_by);
CREATE INDEX impediments_by_end ON impediments (ended_by);
CREATE INDEX offboardings_by_check ON offboardings (check_id);
