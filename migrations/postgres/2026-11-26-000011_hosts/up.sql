CREATE TABLE talk_hosts (
    host_id TEXT NOT NULL PRIMARY KEY REFERENCES auth_accounts (id),
    version INTEGER NOT NULL CHECK (version > 0)
);
INSERT INTO talk_hosts (host_id, version) SELECT DISTINCT host_id, 1 FROM talk_availabilities;

CREATE TABLE talk_availability_exceptions (
    host_id TEXT NOT NULL REFERENCES auth_accounts (id),
    day DATE NOT NULL,
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute INTEGER NOT NULL CHECK (to_minute BETWEEN 1 AND 1440),
    kind TEXT NOT NULL CHECK (kind IN ('open', 'closed')),
    PRIMARY KEY (host_id, day, from_minute),
    CHECK (from_minute < to_minute)
);

CREATE TABLE lead_projects (
    lead_id TEXT NOT NULL PRIMARY KEY REFERENCES leads (id),
    project_id TEXT NOT NULL UNIQUE REFERENCES projects (id),
    opened_by TEXT NOT NULL REFERENCES auth_accounts (id),
    opened_at TIMESTAMP NOT NULL
);

CREATE TRIGGER lead_projects_append_only BEFORE UPDATE OR DELETE ON lead_projects
FOR EACH ROW EXECUTE FUNCTION refuse_change();
