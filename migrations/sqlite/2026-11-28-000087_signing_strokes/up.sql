-- How signers wrote by hand: named by its hash in the evidence, shown to the signer and the office alone.
CREATE TABLE agreement_strokes (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    document TEXT NOT NULL CHECK (length(document) BETWEEN 2 AND 200000),
    kept_at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, account_id, sha256)
);

CREATE TRIGGER agreement_strokes_no_update BEFORE UPDATE ON agreement_strokes
BEGIN SELECT RAISE(ABORT, 'agreement strokes is append-only'); END;
CREATE TRIGGER agreement_strokes_no_delete BEFORE DELETE ON agreement_strokes
BEGIN SELECT RAISE(ABORT, 'agreement strokes is append-only'); END;
