ALTER TABLE agreements ADD COLUMN text_sha256 TEXT;
ALTER TABLE agreements ADD COLUMN origin_id TEXT REFERENCES agreements (id);
ALTER TABLE agreements ADD COLUMN origin_kind TEXT CHECK (origin_kind IN ('revises', 'rescinds'));
UPDATE agreements SET text_sha256 = (
    SELECT r.sha256 FROM agreement_revisions r WHERE r.agreement_id = agreements.id AND r.revision = 1
);

ALTER TABLE agreement_parties ADD COLUMN step INTEGER NOT NULL DEFAULT 1;
ALTER TABLE agreement_parties ADD COLUMN authority TEXT;
ALTER TABLE agreement_parties ADD COLUMN stamped BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE agreement_parties SET step = seq;

DROP INDEX agreement_parties_one_turn;
CREATE UNIQUE INDEX agreement_parties_person ON agreement_parties (agreement_id, account_id);
CREATE UNIQUE INDEX agreement_evidence_one_end ON agreement_evidence (agreement_id)
WHERE action IN ('completed', 'refused', 'revoked', 'expired');

CREATE TABLE agreement_stamps (
    agreement_id TEXT NOT NULL PRIMARY KEY REFERENCES agreements (id),
    fault TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    since TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    stamped_at TIMESTAMP
);
CREATE INDEX agreement_stamps_due ON agreement_stamps (due_at) WHERE stamped_at IS NULL;

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
INSERT INTO agreement_revisions_new SELECT * FROM agreement_revisions;
DROP TABLE agreement_revisions;
ALTER TABLE agreement_revisions_new RENAME TO agreement_revisions;
CREATE TRIGGER agreement_revisions_no_update BEFORE UPDATE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;
CREATE TRIGGER agreement_revisions_no_delete BEFORE DELETE ON agreement_revisions
BEGIN SELECT RAISE(ABORT, 'agreement revisions is append-only'); END;
