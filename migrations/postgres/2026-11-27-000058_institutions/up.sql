-- 机构联络库: institutions, what they cover, whom each unit knows there, the log, who brings leads for them, agreements.
CREATE TABLE institutions (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('chamber', 'association', 'institute', 'fund', 'consultant_firm', 'liaison_office', 'other')),
    name TEXT NOT NULL,
    credit_code TEXT,
    name_key TEXT NOT NULL,
    name_stem TEXT NOT NULL,
    seat TEXT,
    keeper_unit_id TEXT REFERENCES units (id),
    note TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_at TIMESTAMP NOT NULL,
    touched_at TIMESTAMP NOT NULL,
    last_contact_at TIMESTAMP,
    demo BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX institutions_one_a_code ON institutions (credit_code) WHERE credit_code IS NOT NULL;
CREATE UNIQUE INDEX institutions_one_a_name ON institutions (name_key) WHERE credit_code IS NULL;
CREATE INDEX institutions_touched ON institutions (touched_at, id);
CREATE INDEX institutions_stem ON institutions (name_stem);
CREATE INDEX institutions_keeper ON institutions (keeper_unit_id);
CREATE INDEX institutions_contact ON institutions (last_contact_at);

CREATE TABLE institution_regions (
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    region TEXT NOT NULL,
    PRIMARY KEY (institution_id, region)
);
CREATE INDEX institution_regions_region ON institution_regions (region);

CREATE TABLE institution_industries (
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    industry TEXT NOT NULL,
    PRIMARY KEY (institution_id, industry)
);
CREATE INDEX institution_industries_industry ON institution_industries (industry);

CREATE TABLE institution_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    unit_id TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    title TEXT,
    phone TEXT NOT NULL,
    added_by TEXT NOT NULL REFERENCES auth_accounts (id),
    added_at TIMESTAMP NOT NULL,
    removed_at TIMESTAMP
);
CREATE INDEX institution_contacts_institution ON institution_contacts (institution_id, id);
CREATE INDEX institution_contacts_phone ON institution_contacts (phone);

CREATE TABLE institution_log_entries (
    id TEXT NOT NULL PRIMARY KEY,
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    unit_id TEXT REFERENCES units (id),
    way TEXT NOT NULL CHECK (way IN ('call', 'visit_out', 'visit_in', 'meeting', 'message')),
    at TIMESTAMP NOT NULL,
    summary TEXT NOT NULL,
    next_step TEXT,
    next_step_on DATE,
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    CHECK ((next_step IS NULL) = (next_step_on IS NULL))
);
CREATE INDEX institution_log_entries_institution ON institution_log_entries (institution_id, at);

CREATE TABLE institution_bringers (
    id TEXT NOT NULL PRIMARY KEY,
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    begins_on DATE NOT NULL,
    ends_on DATE,
    named_by TEXT NOT NULL REFERENCES auth_accounts (id),
    named_at TIMESTAMP NOT NULL,
    CHECK (ends_on IS NULL OR ends_on >= begins_on)
);
CREATE UNIQUE INDEX institution_bringers_one_at_a_time ON institution_bringers (account_id) WHERE ends_on IS NULL;
CREATE INDEX institution_bringers_account ON institution_bringers (account_id, begins_on);
CREATE INDEX institution_bringers_institution ON institution_bringers (institution_id, id);

CREATE TABLE institution_agreements (
    id TEXT NOT NULL PRIMARY KEY,
    institution_id TEXT NOT NULL REFERENCES institutions (id),
    unit_id TEXT REFERENCES units (id),
    kind TEXT NOT NULL CHECK (kind IN ('liaison', 'consulting')),
    document_no TEXT,
    begins_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    promised TEXT NOT NULL,
    renews_id TEXT REFERENCES institution_agreements (id),
    paper_id TEXT REFERENCES files (id),
    made_by TEXT NOT NULL REFERENCES auth_accounts (id),
    made_at TIMESTAMP NOT NULL,
    ended_on DATE,
    end_reason TEXT,
    reminded_days INTEGER CHECK (reminded_days > 0),
    CHECK (ends_on > begins_on),
    CHECK (renews_id <> id),
    CHECK ((ended_on IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX institution_agreements_renewed_once ON institution_agreements (renews_id) WHERE renews_id IS NOT NULL;
CREATE INDEX institution_agreements_institution ON institution_agreements (institution_id, id);
CREATE INDEX institution_agreements_end ON institution_agreements (ends_on) WHERE ended_on IS NULL;

CREATE TRIGGER institution_log_entries_append_only BEFORE UPDATE OR DELETE ON institution_log_entries
FOR EACH ROW EXECUTE FUNCTION refuse_change();
