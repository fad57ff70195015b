DROP TRIGGER leads_no_replacement;
DROP TRIGGER lead_ledger_heads_moves;
DROP TRIGGER lead_ledger_heads_no_replacement;
DROP TABLE lead_ledger_checkpoints;
DROP TABLE lead_ledger_nodes;
CREATE TABLE lead_ledger_entries_before (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence > 0),
    lead_id TEXT NOT NULL UNIQUE REFERENCES leads (id),
    at TIMESTAMP NOT NULL,
    facts_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    entry_hash TEXT NOT NULL UNIQUE
);
INSERT INTO lead_ledger_entries_before (sequence, lead_id, at, facts_sha256, previous_hash, entry_hash)
SELECT sequence, lead_id, at, facts_sha256, previous_hash, entry_hash FROM lead_ledger_entries;
DROP TABLE lead_ledger_entries;
ALTER TABLE lead_ledger_entries_before RENAME TO lead_ledger_entries;
CREATE TRIGGER lead_ledger_entries_no_update BEFORE UPDATE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_entries_no_delete BEFORE DELETE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
