CREATE TABLE offers (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    unit_id TEXT NOT NULL REFERENCES units (id),
    investor_name TEXT NOT NULL,
    greeting TEXT NOT NULL,
    sites TEXT NOT NULL,
    policies TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    demo BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'withdrawn')),
    expires_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_by_name TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP,
    withdrawn_reason TEXT,
    CHECK (expires_at > created_at),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
CREATE INDEX offers_unit ON offers (unit_id, id);

CREATE TABLE offer_readings (
    id TEXT NOT NULL PRIMARY KEY,
    offer_id TEXT NOT NULL REFERENCES offers (id),
    visit_id TEXT NOT NULL,
    part TEXT NOT NULL,
    seconds INTEGER NOT NULL CHECK (seconds BETWEEN 0 AND 3600),
    at TIMESTAMP NOT NULL,
    UNIQUE (offer_id, visit_id, part)
);
CREATE INDEX offer_readings_offer ON offer_readings (offer_id, id);
