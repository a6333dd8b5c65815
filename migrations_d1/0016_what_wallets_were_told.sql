-- The rules that a wallet has accepted, as the SHA-256 of their canonical text, and the second
-- of telling, which is their version: a refresh tells them again only when they are others.
ALTER TABLE players ADD COLUMN rules_told TEXT;
ALTER TABLE players ADD COLUMN rules_version INTEGER NOT NULL DEFAULT 0;

-- When an account was given what protected its person in the ones before it. Whoever has not shown
-- who they are yet is given it with the approval of their identity.
ALTER TABLE account_successions ADD COLUMN taken_over_at INTEGER;

-- Until now it was given before the wallet counted as opened.
UPDATE account_successions SET taken_over_at = succeeded_at
WHERE player_id IN (SELECT player_id FROM players WHERE wallet_opened_at IS NOT NULL);
