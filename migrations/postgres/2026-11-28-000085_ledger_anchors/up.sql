-- The ledger itself holds the anchors from now on; the first one there takes every chain's head.
DROP TABLE evidence_anchors;

ALTER TABLE lead_ledger_entries ALTER COLUMN lead_id DROP NOT NULL;
ALTER TABLE lead_ledger_entries DROP CONSTRAINT lead_ledger_entries_kind_check;
ALTER TABLE lead_ledger_entries ADD CONSTRAINT lead_ledger_entries_kind_check
CHECK (kind IN ('submission', 'answer', 'ruling', 'anchor'));
ALTER TABLE lead_ledger_entries ADD CONSTRAINT lead_ledger_entries_anchor_check
CHECK ((kind = 'anchor') = (lead_id IS NULL));
CREATE INDEX lead_ledger_entries_kind ON lead_ledger_entries (kind, sequence);
