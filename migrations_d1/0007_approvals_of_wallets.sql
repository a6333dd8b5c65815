-- An approval of something that a wallet does is decided here and carried out there, under the
-- approval's id as its key: `carried_out_at` is empty until the wallet has answered, `refusal` is
-- the code with which it refused. A proposal is sent under an Idempotency-Key of its maker.

ALTER TABLE approvals ADD COLUMN carried_out_at INTEGER;
ALTER TABLE approvals ADD COLUMN refusal TEXT;
ALTER TABLE approvals ADD COLUMN proposal_key TEXT;
CREATE UNIQUE INDEX approvals_by_proposal_key ON approvals (maker_id, proposal_key)
  WHERE proposal_key IS NOT NULL;
