CREATE TABLE leads (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    enterprise_name TEXT NOT NULL,
    credit_code TEXT,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    industry TEXT NOT NULL,
    intention TEXT NOT NULL,
    submitted_for TEXT,
    submitted_by TEXT NOT NULL REFERENCES auth_accounts (id),
    submitted_by_unit TEXT REFERENCES units (id),
    submitted_at TIMESTAMP NOT NULL,
    salt TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name_stem TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'screened', 'handed_over', 'accepted', 'returned', 'declined', 'in_project')),
    standing TEXT NOT NULL CHECK (standing IN ('first', 'later', 'undecided')),
    unit_id TEXT REFERENCES units (id)
);
CREATE INDEX leads_submitter ON leads (submitted_by, id);
CREATE INDEX leads_unit ON leads (unit_id, id);
CREATE INDEX leads_state ON leads (state, id);
CREATE INDEX leads_credit_code ON leads (credit_code);
CREATE INDEX leads_phone ON leads (contact_phone);
CREATE INDEX leads_name ON leads (name_stem);

CREATE TABLE lead_ledger_entries (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence > 0),
    lead_id TEXT NOT NULL UNIQUE REFERENCES leads (id),
    at TIMESTAMP NOT NULL,
    facts_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    entry_hash TEXT NOT NULL UNIQUE
);

CREATE TABLE lead_ledger_heads (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    entry_hash TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
INSERT INTO lead_ledger_heads (id, sequence, entry_hash, at)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '2000-01-01 00:00:00');

CREATE TABLE lead_likeness_reviews (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    earlier_lead_id TEXT NOT NULL REFERENCES leads (id),
    reasons TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'decided')),
    opened_at TIMESTAMP NOT NULL,
    decision TEXT CHECK (decision IN ('same', 'different')),
    first_lead_id TEXT REFERENCES leads (id),
    reason TEXT,
    decided_by TEXT REFERENCES auth_accounts (id),
    decided_at TIMESTAMP,
    UNIQUE (lead_id, earlier_lead_id),
    CHECK ((state = 'decided') = (decision IS NOT NULL)),
    CHECK ((decision = 'same') = (first_lead_id IS NOT NULL))
);
CREATE INDEX lead_likeness_reviews_state ON lead_likeness_reviews (state, id);
CREATE INDEX lead_likeness_reviews_earlier ON lead_likeness_reviews (earlier_lead_id);

CREATE TABLE lead_handovers (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'returned')),
    note TEXT,
    reason TEXT,
    handed_over_by TEXT NOT NULL REFERENCES auth_accounts (id),
    handed_over_at TIMESTAMP NOT NULL,
    answer_by TIMESTAMP NOT NULL,
    answered_by TEXT REFERENCES auth_accounts (id),
    answered_at TIMESTAMP
);
CREATE UNIQUE INDEX lead_handovers_one_at_a_time ON lead_handovers (lead_id) WHERE state <> 'returned';
CREATE INDEX lead_handovers_lead ON lead_handovers (lead_id, id);

CREATE TRIGGER lead_ledger_entries_no_update BEFORE UPDATE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER lead_ledger_entries_no_delete BEFORE DELETE ON lead_ledger_entries
BEGIN SELECT RAISE(ABORT, 'lead_ledger_entries is append-only'); END;
CREATE TRIGGER leads_facts_stand BEFORE UPDATE OF
    id, number, enterprise_name, credit_code, contact_name, contact_phone, industry, intention,
    submitted_for, submitted_by, submitted_at, salt ON leads
BEGIN SELECT RAISE(ABORT, 'the facts of leads are append-only'); END;
CREATE TRIGGER leads_no_delete BEFORE DELETE ON leads
BEGIN SELECT RAISE(ABORT, 'the facts of leads are append-only'); END;
CREATE TRIGGER lead_ledger_heads_stays BEFORE DELETE ON lead_ledger_heads
BEGIN SELECT RAISE(ABORT, 'lead_ledger_heads is append-only'); END;
