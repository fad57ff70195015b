CREATE TABLE idempotency_keys (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE outbox_events (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    told_at TIMESTAMP,
    attempts INTEGER NOT NULL,
    failure TEXT
);
CREATE INDEX outbox_events_waiting ON outbox_events (due_at) WHERE told_at IS NULL;

CREATE TABLE files (
    id TEXT NOT NULL PRIMARY KEY,
    room TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    sha256 TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX files_subject ON files (room, subject);

CREATE TABLE units (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    short_name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL,
    duty TEXT NOT NULL,
    parent_id TEXT REFERENCES units (id),
    functional_area BOOLEAN NOT NULL,
    former_names TEXT NOT NULL,
    source TEXT NOT NULL,
    source_on DATE NOT NULL,
    sort INTEGER NOT NULL
);

CREATE TABLE audit_entries (
    id TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    operation TEXT NOT NULL,
    subject TEXT,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    address TEXT,
    detail TEXT
);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);
CREATE INDEX audit_entries_operation ON audit_entries (operation, id);

CREATE TABLE auth_accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE,
    login TEXT UNIQUE,
    unit_id TEXT REFERENCES units (id),
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    password_hash TEXT,
    totp_secret TEXT,
    totp_last_step BIGINT NOT NULL,
    activation_hash TEXT UNIQUE,
    activation_expires_at TIMESTAMP,
    failures INTEGER NOT NULL,
    locked_until TIMESTAMP,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX auth_accounts_unit ON auth_accounts (unit_id);

CREATE TABLE auth_roles (
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    role TEXT NOT NULL,
    PRIMARY KEY (account_id, role)
);

CREATE TABLE auth_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    refresh_hash TEXT NOT NULL UNIQUE,
    previous_hash TEXT UNIQUE,
    user_agent TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT
);
CREATE INDEX auth_sessions_account ON auth_sessions (account_id);

CREATE TABLE auth_codes (
    id TEXT NOT NULL PRIMARY KEY,
    phone TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    attempts INTEGER NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX auth_codes_phone ON auth_codes (phone, created_at);

CREATE TABLE auth_wechat_identities (
    app_id TEXT NOT NULL,
    open_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    session_key TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (app_id, open_id)
);
CREATE INDEX auth_wechat_identities_account ON auth_wechat_identities (account_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION refuse_change();
