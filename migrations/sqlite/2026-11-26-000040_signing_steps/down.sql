CREATE TABLE agreement_revisions_new (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('locked', 'signed')),
    sha256 TEXT NOT NULL UNIQUE,
    file_id TEXT NOT NULL REFERENCES files (id),
    party_id TEXT REFERENCES agreement_parties (id),
    made_at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, revision)
);
INSERT INTO agreement_revisions_new SELECT * FROM agreement_revisions;
DROP TABLE agreement_revisions;
ALTER TABLE agreement_revisions_new RENAME TO agreement_revisions;
CREATE TRIGGER agreement_revisions_no_update BEFORE UPDATE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;
CREATE TRIGGER agreement_revisions_no_delete BEFORE DELETE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;

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
