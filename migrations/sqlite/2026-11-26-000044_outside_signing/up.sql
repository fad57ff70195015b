-- Who makes the signatures: the platform itself, or a licensed service outside.
ALTER TABLE agreements ADD COLUMN provider TEXT NOT NULL DEFAULT 'built_in' CHECK (provider IN ('built_in', 'ess'));

-- An agreement's flow at the service. Its id is the service's; it is unknown until the service has answered.
CREATE TABLE agreement_flows (
    agreement_id TEXT NOT NULL PRIMARY KEY REFERENCES agreements (id),
    flow_id TEXT UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'unknown', 'ended')),
    attempts INTEGER NOT NULL,
    due_at TIMESTAMP NOT NULL,
    failure TEXT,
    CHECK (state <> 'open' OR flow_id IS NOT NULL)
);
CREATE INDEX agreement_flows_due ON agreement_flows (due_at) WHERE state IN ('waiting', 'open');

-- A callback of the service is taken once, however often it is sent.
CREATE TABLE ess_callbacks (
    msg_id TEXT NOT NULL PRIMARY KEY,
    flow_id TEXT,
    received_at TIMESTAMP NOT NULL
);
