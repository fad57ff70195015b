CREATE TABLE agreement_archives (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    n INTEGER NOT NULL CHECK (n > 0),
    since TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    attempts INTEGER NOT NULL,
    fault TEXT,
    stamped_at TIMESTAMP,
    expires_at TIMESTAMP,
    PRIMARY KEY (agreement_id, n),
    CHECK ((stamped_at IS NULL) = (expires_at IS NULL))
);
CREATE UNIQUE INDEX agreement_archives_one_open ON agreement_archives (agreement_id) WHERE stamped_at IS NULL;
CREATE INDEX agreement_archives_due ON agreement_archives (due_at) WHERE stamped_at IS NULL;

CREATE TABLE agreement_revisions_new (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('locked', 'signed', 'stamped', 'archived')),
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
