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

ALTER TABLE agreement_revisions DROP CONSTRAINT agreement_revisions_kind_check;
ALTER TABLE agreement_revisions ADD CONSTRAINT agreement_revisions_kind_check
CHECK (kind IN ('locked', 'signed', 'stamped', 'archived'));
