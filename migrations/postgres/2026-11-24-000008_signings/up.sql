CREATE TABLE agreement_counters (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
);

CREATE TABLE agreements (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES projects (id),
    project_name TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    template_code TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    field_values TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'signing', 'completed', 'refused', 'revoked', 'expired')),
    revision INTEGER NOT NULL,
    head_file TEXT REFERENCES files (id),
    head_sha256 TEXT,
    pages INTEGER,
    reason TEXT,
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_at TIMESTAMP NOT NULL,
    dispatched_at TIMESTAMP,
    completed_at TIMESTAMP,
    expires_at TIMESTAMP
);
CREATE INDEX agreements_unit ON agreements (unit_id, id);
CREATE INDEX agreements_project ON agreements (project_id);

CREATE TABLE agreement_parties (
    id TEXT NOT NULL PRIMARY KEY,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seq INTEGER NOT NULL,
    field TEXT NOT NULL,
    title TEXT NOT NULL,
    title_en TEXT NOT NULL,
    organisation TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'turn', 'signed', 'refused')),
    signed_at TIMESTAMP,
    certificate_serial TEXT UNIQUE,
    certificate_sha256 TEXT,
    UNIQUE (agreement_id, seq),
    UNIQUE (agreement_id, field)
);
CREATE INDEX agreement_parties_account ON agreement_parties (account_id);
CREATE UNIQUE INDEX agreement_parties_one_turn ON agreement_parties (agreement_id) WHERE state = 'turn';

CREATE TABLE agreement_revisions (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('locked', 'signed')),
    sha256 TEXT NOT NULL UNIQUE,
    file_id TEXT NOT NULL REFERENCES files (id),
    party_id TEXT REFERENCES agreement_parties (id),
    made_at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, revision)
);

CREATE TABLE agreement_evidence (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seq INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    PRIMARY KEY (agreement_id, seq),
    UNIQUE (agreement_id, previous_hash)
);

CREATE TRIGGER agreement_revisions_append_only BEFORE UPDATE OR DELETE ON agreement_revisions
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER agreement_evidence_append_only BEFORE UPDATE OR DELETE ON agreement_evidence
FOR EACH ROW EXECUTE FUNCTION refuse_change();
