CREATE TABLE agreement_annexes (
    id TEXT NOT NULL PRIMARY KEY,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    name TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES files (id),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    uploaded_sha256 TEXT NOT NULL CHECK (length(uploaded_sha256) = 64),
    pages INTEGER NOT NULL CHECK (pages > 0),
    size BIGINT NOT NULL CHECK (size > 0),
    added_by TEXT NOT NULL REFERENCES auth_accounts (id),
    added_at TIMESTAMP NOT NULL,
    UNIQUE (agreement_id, seq)
);

CREATE TRIGGER agreement_annexes_insert_in_draft BEFORE INSERT ON agreement_annexes
WHEN (SELECT state FROM agreements WHERE id = NEW.agreement_id) IS NOT 'draft'
BEGIN SELECT RAISE(ABORT, 'annexes come and go while the agreement is a draft, and are never changed'); END;
CREATE TRIGGER agreement_annexes_delete_in_draft BEFORE DELETE ON agreement_annexes
WHEN (SELECT state FROM agreements WHERE id = OLD.agreement_id) IS NOT 'draft'
BEGIN SELECT RAISE(ABORT, 'annexes come and go while the agreement is a draft, and are never changed'); END;
CREATE TRIGGER agreement_annexes_no_update BEFORE UPDATE ON agreement_annexes
BEGIN SELECT RAISE(ABORT, 'annexes come and go while the agreement is a draft, and are never changed'); END;
