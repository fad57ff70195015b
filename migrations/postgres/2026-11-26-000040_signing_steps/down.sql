ALTER TABLE agreement_revisions DROP CONSTRAINT agreement_revisions_kind_check;
ALTER TABLE agreement_revisions ADD CONSTRAINT agreement_revisions_kind_check CHECK (kind IN ('locked', 'signed'));

DROP TABLE agreement_stamps;
DROP INDEX agreement_evidence_one_end;
DROP INDEX agreement_parties_person;
ALTER TABLE agreement_parties DROP COLUMN stamped;
ALTER TABLE agreement_parties DROP COLUMN authority;
ALTER TABLE agreement_parties DROP COLUMN step;
ALTER TABLE agreements DROP COLUMN origin_kind;
ALTER TABLE agreements DROP COLUMN origin_id;
ALTER TABLE agreements DROP COLUMN text_sha256;
UPDATE agreement_parties SET state = 'waiting' WHERE state = 'turn' AND seq > (
    SELECT MIN(o.seq) FROM agreement_parties o WHERE o.agreement_id = agreement_parties.agreement_id AND o.state = 'turn'
);
CREATE UNIQUE INDEX agreement_parties_one_turn ON agreement_parties (agreement_id) WHERE state = 'turn';
