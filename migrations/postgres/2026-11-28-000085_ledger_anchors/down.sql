DROP INDEX lead_ledger_entries_kind;
ALTER TABLE lead_ledger_entries DROP CONSTRAINT lead_ledger_entries_anchor_check;
ALTER TABLE lead_ledger_entries DROP CONSTRAINT lead_ledger_entries_kind_check;
ALTER TABLE lead_ledger_entries ADD CONSTRAINT lead_ledger_entries_kind_check
CHECK (kind IN ('submission', 'answer', 'ruling'));
ALTER TABLE lead_ledger_entries ALTER COLUMN lead_id SET NOT NULL;

CREATE TABLE evidence_anchors (
    seq INTEGER NOT NULL PRIMARY KEY,
    day DATE NOT NULL UNIQUE,
    leaves TEXT NOT NULL,
    leaves_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    token BYTEA NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TRIGGER evidence_anchors_append_only BEFORE UPDATE OR DELETE ON evidence_anchors
FOR EACH ROW EXECUTE FUNCTION refuse_change();
