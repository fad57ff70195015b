CREATE TABLE lead_screenings (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5),
    fit INTEGER NOT NULL CHECK (fit BETWEEN 1 AND 5),
    task_force TEXT NOT NULL CHECK (task_force IN ('manufacturing', 'agriculture', 'services')),
    outcome TEXT NOT NULL CHECK (outcome IN ('keep', 'decline')),
    note TEXT NOT NULL,
    screened_by TEXT NOT NULL REFERENCES auth_accounts (id),
    screened_at TIMESTAMP NOT NULL
);
CREATE INDEX lead_screenings_lead ON lead_screenings (lead_id, id);

CREATE TABLE lead_pool_places (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    reason TEXT NOT NULL,
    opened_by TEXT REFERENCES auth_accounts (id),
    opened_at TIMESTAMP NOT NULL,
    claimed_by TEXT REFERENCES auth_accounts (id),
    claimed_by_unit TEXT REFERENCES units (id),
    claim_reason TEXT,
    closed_at TIMESTAMP
);
CREATE UNIQUE INDEX lead_pool_places_one_at_a_time ON lead_pool_places (lead_id) WHERE closed_at IS NULL;
CREATE INDEX lead_pool_places_lead ON lead_pool_places (lead_id, id);

CREATE TABLE lead_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    unit_id TEXT REFERENCES units (id),
    way TEXT NOT NULL CHECK (way IN ('meeting', 'phone', 'wechat', 'mail', 'visit')),
    words TEXT NOT NULL,
    made_by TEXT NOT NULL REFERENCES auth_accounts (id),
    made_at TIMESTAMP NOT NULL
);
CREATE INDEX lead_contacts_lead ON lead_contacts (lead_id, id);

CREATE TABLE lead_clocks (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    kind TEXT NOT NULL CHECK (kind IN ('screening', 'answer', 'follow_up', 'pool')),
    unit_id TEXT REFERENCES units (id),
    started_at TIMESTAMP NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
    paused_millis BIGINT NOT NULL CHECK (paused_millis >= 0),
    due_at TIMESTAMP,
    stopped_at TIMESTAMP,
    CHECK (stopped_at IS NULL OR due_at IS NULL)
);
CREATE UNIQUE INDEX lead_clocks_one_runs ON lead_clocks (lead_id) WHERE stopped_at IS NULL;
CREATE INDEX lead_clocks_due ON lead_clocks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lead_clocks_lead ON lead_clocks (lead_id, id);

CREATE TABLE lead_pauses (
    id TEXT NOT NULL PRIMARY KEY,
    clock_id TEXT NOT NULL REFERENCES lead_clocks (id),
    reason TEXT NOT NULL,
    paused_by TEXT NOT NULL REFERENCES auth_accounts (id),
    began_at TIMESTAMP NOT NULL,
    until_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CHECK (until_at > began_at)
);
CREATE UNIQUE INDEX lead_pauses_one_at_a_time ON lead_pauses (clock_id) WHERE ended_at IS NULL;
CREATE INDEX lead_pauses_open ON lead_pauses (until_at) WHERE ended_at IS NULL;

CREATE TABLE lead_escalations (
    id TEXT NOT NULL PRIMARY KEY,
    clock_id TEXT NOT NULL REFERENCES lead_clocks (id),
    level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
    cause TEXT NOT NULL CHECK (cause IN ('clock', 'investor')),
    due_at TIMESTAMP NOT NULL,
    at TIMESTAMP NOT NULL,
    UNIQUE (clock_id, level)
);

CREATE TRIGGER lead_screenings_no_update BEFORE UPDATE ON lead_screenings
BEGIN SELECT RAISE(ABORT, 'lead_screenings is append-only'); END;
CREATE TRIGGER lead_screenings_no_delete BEFORE DELETE ON lead_screenings
BEGIN SELECT RAISE(ABORT, 'lead_screenings is append-only'); END;
CREATE TRIGGER lead_contacts_no_update BEFORE UPDATE ON lead_contacts
BEGIN SELECT RAISE(ABORT, 'lead_contacts is append-only'); END;
CREATE TRIGGER lead_contacts_no_delete BEFORE DELETE ON lead_contacts
BEGIN SELECT RAISE(ABORT, 'lead_contacts is append-only'); END;
CREATE TRIGGER lead_escalations_no_update BEFORE UPDATE ON lead_escalations
BEGIN SELECT RAISE(ABORT, 'lead_escalations is append-only'); END;
CREATE TRIGGER lead_escalations_no_delete BEFORE DELETE ON lead_escalations
BEGIN SELECT RAISE(ABORT, 'lead_escalations is append-only'); END;
