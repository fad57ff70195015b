DROP TABLE lead_handovers;
DROP TABLE lead_likeness_reviews;
DROP TABLE lead_ledger_heads;
DROP TABLE lead_ledger_entries;
DROP TABLE leads;
