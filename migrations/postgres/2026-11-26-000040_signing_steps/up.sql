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

ALTER TABLE agreement_revisions DROP CONSTRAINT agreement_revisions_kind_check;
ALTER TABLE agreement_revisions ADD CONSTRAINT agreement_revisions_kind_check
CHECK (kind IN ('locked', 'signed', 'stamped'));
