ALTER TABLE agreements ADD COLUMN shared_at TIMESTAMP;

CREATE TABLE agreement_rounds (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    round INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('drafted', 'proposed')),
    field_values TEXT NOT NULL,
    note TEXT,
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, round)
);

CREATE TABLE agreement_approvals (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seq INTEGER NOT NULL,
    values_sha256 TEXT NOT NULL,
    asked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    asked_at TIMESTAMP NOT NULL,
    approver_id TEXT NOT NULL REFERENCES auth_accounts (id),
    approver_name TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('approved', 'returned')),
    note TEXT,
    decided_at TIMESTAMP,
    PRIMARY KEY (agreement_id, seq),
    CHECK (asked_by <> approver_id),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
);

CREATE TRIGGER agreement_rounds_append_only BEFORE UPDATE OR DELETE ON agreement_rounds
FOR EACH ROW EXECUTE FUNCTION refuse_change();
