CREATE TABLE talk_guests (
    id TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    name TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    invited_by TEXT NOT NULL REFERENCES auth_accounts (id),
    invited_by_name TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('investor', 'host')),
    invited_at TIMESTAMP NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    from_seq BIGINT NOT NULL CHECK (from_seq >= 0),
    opened_at TIMESTAMP,
    pass_hash TEXT UNIQUE,
    revoked_at TIMESTAMP,
    revoked_by TEXT REFERENCES auth_accounts (id),
    CHECK ((opened_at IS NULL) = (pass_hash IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX talk_guests_booking ON talk_guests (booking_id, id);
ALTER TABLE talk_tickets ADD COLUMN guest_id TEXT;

CREATE TABLE talk_wishes (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    host_id TEXT REFERENCES auth_accounts (id),
    investor_id TEXT NOT NULL REFERENCES auth_accounts (id),
    investor_name TEXT NOT NULL,
    site_id TEXT,
    topic TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    day_part TEXT NOT NULL CHECK (day_part IN ('any', 'morning', 'afternoon')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'met', 'let_go', 'lapsed', 'withdrawn', 'over')),
    booking_id TEXT UNIQUE REFERENCES talk_bookings (id),
    made_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CHECK (from_on <= to_on),
    CHECK ((state IN ('waiting', 'offered')) = (ended_at IS NULL)),
    CHECK (state <> 'offered' OR booking_id IS NOT NULL)
);
CREATE UNIQUE INDEX talk_wishes_one_at_a_time ON talk_wishes (investor_id, unit_id) WHERE ended_at IS NULL;
CREATE INDEX talk_wishes_waiting ON talk_wishes (unit_id, id) WHERE state = 'waiting';
CREATE INDEX talk_wishes_investor ON talk_wishes (investor_id, id);
