CREATE TABLE enterprises (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    credit_code TEXT,
    name_key TEXT NOT NULL,
    name_stem TEXT NOT NULL,
    industry TEXT NOT NULL,
    chain_link TEXT,
    scale TEXT CHECK (scale IN ('large', 'medium', 'small', 'micro')),
    region TEXT,
    hometown_tie TEXT,
    parent_id TEXT REFERENCES enterprises (id),
    note TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_at TIMESTAMP NOT NULL,
    touched_at TIMESTAMP NOT NULL,
    merged_into TEXT REFERENCES enterprises (id),
    demo BOOLEAN NOT NULL,
    CHECK (parent_id <> id),
    CHECK (merged_into <> id)
);
CREATE UNIQUE INDEX enterprises_one_a_code ON enterprises (credit_code)
WHERE credit_code IS NOT NULL AND merged_into IS NULL;
CREATE UNIQUE INDEX enterprises_one_a_name ON enterprises (name_key)
WHERE credit_code IS NULL AND merged_into IS NULL;
CREATE INDEX enterprises_touched ON enterprises (touched_at, id);
CREATE INDEX enterprises_stem ON enterprises (name_stem);
CREATE INDEX enterprises_merged ON enterprises (merged_into);

CREATE TABLE enterprise_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    enterprise_id TEXT NOT NULL REFERENCES enterprises (id),
    unit_id TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    title TEXT,
    phone TEXT NOT NULL,
    added_by TEXT NOT NULL REFERENCES auth_accounts (id),
    added_at TIMESTAMP NOT NULL,
    removed_at TIMESTAMP
);
CREATE INDEX enterprise_contacts_enterprise ON enterprise_contacts (enterprise_id, id);
CREATE INDEX enterprise_contacts_phone ON enterprise_contacts (phone);

CREATE TABLE enterprise_pursuits (
    id TEXT NOT NULL PRIMARY KEY,
    enterprise_id TEXT NOT NULL REFERENCES enterprises (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'lapsed', 'ended')),
    since TIMESTAMP NOT NULL,
    next_step TEXT NOT NULL,
    next_step_on DATE NOT NULL,
    lapses_on DATE NOT NULL,
    opened_by TEXT NOT NULL REFERENCES auth_accounts (id),
    closed_at TIMESTAMP,
    reason TEXT,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state = 'ended') = (reason IS NOT NULL))
);
CREATE UNIQUE INDEX enterprise_pursuits_one_a_unit ON enterprise_pursuits (enterprise_id, unit_id) WHERE state = 'open';
CREATE INDEX enterprise_pursuits_unit ON enterprise_pursuits (unit_id, state);
CREATE INDEX enterprise_pursuits_lapse ON enterprise_pursuits (lapses_on) WHERE state = 'open';

CREATE TABLE enterprise_log_entries (
    id TEXT NOT NULL PRIMARY KEY,
    enterprise_id TEXT NOT NULL REFERENCES enterprises (id),
    unit_id TEXT REFERENCES units (id),
    kind TEXT NOT NULL CHECK (kind IN ('call', 'visit_out', 'visit_in', 'meeting', 'message', 'extension', 'ending')),
    at TIMESTAMP NOT NULL,
    summary TEXT NOT NULL,
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL
);
CREATE INDEX enterprise_log_entries_enterprise ON enterprise_log_entries (enterprise_id, at);

CREATE TABLE enterprise_merges (
    id TEXT NOT NULL PRIMARY KEY,
    from_id TEXT NOT NULL REFERENCES enterprises (id),
    into_id TEXT NOT NULL REFERENCES enterprises (id),
    reason TEXT NOT NULL,
    merged_by TEXT NOT NULL REFERENCES auth_accounts (id),
    merged_at TIMESTAMP NOT NULL,
    undone_by TEXT REFERENCES auth_accounts (id),
    undone_at TIMESTAMP,
    CHECK (from_id <> into_id),
    CHECK ((undone_by IS NULL) = (undone_at IS NULL))
);
CREATE UNIQUE INDEX enterprise_merges_one_at_a_time ON enterprise_merges (from_id) WHERE undone_at IS NULL;

CREATE TRIGGER enterprise_log_entries_no_update BEFORE UPDATE ON enterprise_log_entries
BEGIN SELECT RAISE(ABORT, 'enterprise_log_entries is append-only'); END;
CREATE TRIGGER enterprise_log_entries_no_delete BEFORE DELETE ON enterprise_log_entries
BEGIN SELECT RAISE(ABORT, 'enterprise_log_entries is append-only'); END;
