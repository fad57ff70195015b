DROP TRIGGER lead_ledger_heads_moves;
CREATE TABLE lead_ledger_entries_next (
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
INSERT INTO lead_ledger_entries_next (sequence, lead_id, kind, facts, at, facts_sha256, previous_hash, entry_hash)
SELECT sequence, lead_id, kind, facts, at, facts_sha256, previous_hash, entry_hash
FROM lead_ledger_entries ORDER BY sequence;
DROP TABLE lead_ledger_entries;
ALTER TABLE lead_ledger_entries_next RENAME TO lead_ledger_entries;
CREATE UNIQUE INDEX lead_ledger_entries_one_submission ON lead_ledger_entries (lead_id) WHERE kind = 'submission';
CREATE INDEX lead_ledger_entries_lead ON lead_ledger_entries (lead_id, sequence);

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

CREATE TABLE evidence_anchors (
    seq INTEGER NOT NULL PRIMARY KEY,
    day DATE NOT NULL UNIQUE,
    leaves TEXT NOT NULL,
    leaves_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    token BLOB NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TRIGGER evidence_anchors_no_update BEFORE UPDATE ON evidence_anchors
BEGIN SELECT RAISE(ABORT, 'evidence anchors is append-only'); END;
CREATE TRIGGER evidence_anchors_no_delete BEFORE DELETE ON evidence_anchors
BEGIN SELECT RAISE(ABORT, 'evidence anchors is append-only'); END;
