DROP TABLE agreement_archives;

CREATE TABLE agreement_revisions_new (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('locked', 'signed', 'stamped')),
    sha256 TEXT NOT NULL UNIQUE,
    file_id TEXT NOT NULL REFERENCES files (id),
    party_id TEXT REFERENCES agreement_parties (id),
    made_at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, revision)
);
INSERT INTO agreement_revisions_new SELECT agreement_id, revision, CASE kind WHEN 'archived' THEN 'stamped' ELSE kind END, sha256, file_id, party_id, made_at FROM agreement_revisions;
DROP TABLE agreement_revisions;
ALTER TABLE agreement_revisions_new RENAME TO agreement_revisions;
CREATE TRIGGER agreement_revisions_no_update BEFORE UPDATE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;
CREATE TRIGGER agreement_revisions_no_delete BEFORE DELETE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;
