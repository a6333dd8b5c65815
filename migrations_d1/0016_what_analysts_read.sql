-- Identity: what an analyst read stays read, and a match or a reading that is found moves the case.

-- A birth date as an analyst read it on `documents`, those that counted then. It goes with the person.
CREATE TABLE birth_date_readings (
  reading_id TEXT PRIMARY KEY,
  player_id TEXT NOT NULL REFERENCES players (player_id),
  born TEXT,
  documents TEXT NOT NULL CHECK (json_valid(documents)),
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  read_at INTEGER NOT NULL
) STRICT;
CREATE INDEX birth_date_readings_of_player ON birth_date_readings (player_id);

CREATE TRIGGER birth_date_readings_are_final
BEFORE UPDATE OF reading_id, player_id, documents, actor_id, actor_role, read_at ON birth_date_readings
BEGIN
  SELECT RAISE(ABORT, 'a reading is never changed');
END;
CREATE TRIGGER birth_date_readings_are_only_forgotten BEFORE UPDATE OF born ON birth_date_readings
WHEN NEW.born IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a reading is never changed');
END;
CREATE TRIGGER birth_date_readings_are_kept BEFORE DELETE ON birth_date_readings
BEGIN
  SELECT RAISE(ABORT, 'a reading is kept');
END;

-- Documents, and readings of analysts, of a date under the legal age that two people settled as misread.
ALTER TABLE kyc_cases ADD COLUMN age_settled TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(age_settled));

-- Whoever decides over the version that they saw has seen every match and reading.
CREATE TRIGGER birth_date_readings_move_the_case AFTER INSERT ON birth_date_readings
BEGIN
  UPDATE kyc_cases SET version = version + 1 WHERE player_id = NEW.player_id;
END;
CREATE TRIGGER screening_matches_move_the_case AFTER INSERT ON screening_matches
BEGIN
  UPDATE kyc_cases SET version = version + 1 WHERE player_id = NEW.player_id;
END;

-- Marks of matches were hashes without a key, which whoever knows the lists could compare.
UPDATE approvals SET subject = json_remove(subject, '$.matches') WHERE kind = 'kyc_override';
