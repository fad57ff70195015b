DROP TRIGGER lead_ledger_entries_no_update;
DROP TRIGGER lead_ledger_entries_no_delete;
ALTER TABLE lead_ledger_entries RENAME TO lead_ledger_entries_before;

CREATE TABLE lead_ledger_entries (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence > 0),
    lead_id TEXT NOT NULL REFERENCES leads (id),
    kind TEXT NOT NULL CHECK (kind IN ('submission', 'answer', 'ruling')),
    facts TEXT,
    at TIMESTAMP NOT NULL,
    facts_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    entry_hash TEXT NOT NULL UNIQUE,
    CHECK ((kind = 'submission') = (facts IS NULL))
);
INSERT INTO lead_ledger_entries (sequence, lead_id, kind, at, facts_sha256, previous_hash, entry_hash)
SELECT sequence, lead_id, 'submission', at, facts_sha256, previous_hash, entry_hash
FROM lead_ledger_entries_before ORDER BY sequence;
DROP TABLE lead_ledger_entries_before;
CREATE UNIQUE INDEX lead_ledger_entries_one_submission ON lead_ledger_entries (lead_id) WHERE kind = 'submission';
CREATE INDEX lead_ledger_entries_lead ON lead_ledger_entries (lead_id, sequence);

CREATE TABLE lead_ledger_nodes (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id >= 0),
    hash TEXT NOT NULL
);

CREATE TABLE lead_ledger_checkpoints (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    kept_at TIMESTAMP
);
CREATE INDEX lead_ledger_checkpoints_unkept ON lead_ledger_checkpoints (size) WHERE kept_at IS NULL;

-- INSERT OR REPLACE deletes without asking the triggers on DELETE: what follows nothing is refused here.
CREATE TRIGGER lead_ledger_entries_follows BEFORE INSERT ON lead_ledger_entries
WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM lead_ledger_entries)
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_entries_no_replacement BEFORE INSERT ON lead_ledger_entries
WHEN EXISTS (SELECT 1 FROM lead_ledger_entries WHERE previous_hash = NEW.previous_hash OR entry_hash = NEW.entry_hash)
  OR (NEW.kind = 'submission' AND EXISTS (SELECT 1 FROM lead_ledger_entries WHERE lead_id = NEW.lead_id AND kind = 'submission'))
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_entries_no_update BEFORE UPDATE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_entries_no_delete BEFORE DELETE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_heads_moves BEFORE UPDATE ON lead_ledger_heads
WHEN NEW.sequence <> OLD.sequence + 1 OR NEW.entry_hash IS NOT
    (SELECT entry_hash FROM lead_ledger_entries WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'lead_ledger_heads follows the last entry'); END;
CREATE TRIGGER lead_ledger_heads_no_replacement BEFORE INSERT ON lead_ledger_heads
WHEN EXISTS (SELECT 1 FROM lead_ledger_heads)
BEGIN SELECT RAISE(ABORT, 'lead_ledger_heads follows the last entry'); END;
CREATE TRIGGER leads_no_replacement BEFORE INSERT ON leads
WHEN EXISTS (SELECT 1 FROM leads WHERE id = NEW.id OR number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the facts of leads are append-only'); END;
CREATE TRIGGER lead_ledger_nodes_follows BEFORE INSERT ON lead_ledger_nodes
WHEN NEW.id <> (SELECT COALESCE(MAX(id), -1) + 1 FROM lead_ledger_nodes)
BEGIN SELECT RAISE(ABORT, 'lead_ledger_nodes is append-only'); END;
CREATE TRIGGER lead_ledger_nodes_no_update BEFORE UPDATE ON lead_ledger_nodes
BEGIN SELECT RAISE(ABORT, 'lead_ledger_nodes is append-only'); END;
CREATE TRIGGER lead_ledger_nodes_no_delete BEFORE DELETE ON lead_ledger_nodes
BEGIN SELECT RAISE(ABORT, 'lead_ledger_nodes is append-only'); END;
CREATE TRIGGER lead_ledger_checkpoints_no_replacement BEFORE INSERT ON lead_ledger_checkpoints
WHEN EXISTS (SELECT 1 FROM lead_ledger_checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'lead_ledger_checkpoints is append-only'); END;
CREATE TRIGGER lead_ledger_checkpoints_no_update BEFORE UPDATE OF size, root, note, at ON lead_ledger_checkpoints
BEGIN SELECT RAISE(ABORT, 'lead_ledger_checkpoints is append-only'); END;
CREATE TRIGGER lead_ledger_checkpoints_no_delete BEFORE DELETE ON lead_ledger_checkpoints
BEGIN SELECT RAISE(ABORT, 'lead_ledger_checkpoints is append-only'); END;
