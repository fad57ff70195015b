CREATE TABLE talk_availabilities (
    host_id TEXT NOT NULL REFERENCES auth_accounts (id),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute INTEGER NOT NULL CHECK (to_minute BETWEEN 1 AND 1440),
    PRIMARY KEY (host_id, weekday, from_minute),
    CHECK (from_minute < to_minute)
);

CREATE TABLE talk_bookings (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    host_id TEXT NOT NULL REFERENCES auth_accounts (id),
    host_name TEXT NOT NULL,
    investor_id TEXT NOT NULL REFERENCES auth_accounts (id),
    investor_name TEXT NOT NULL,
    site_id TEXT,
    site_name TEXT,
    topic TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'requested', 'confirmed', 'declined', 'cancelled', 'expired')),
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    hold_expires_at TIMESTAMP,
    reason TEXT,
    version INTEGER NOT NULL,
    last_seq BIGINT NOT NULL,
    project_id TEXT,
    created_at TIMESTAMP NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX talk_bookings_unit ON talk_bookings (unit_id, id);
CREATE INDEX talk_bookings_host ON talk_bookings (host_id, id);
CREATE INDEX talk_bookings_investor ON talk_bookings (investor_id, id);
CREATE INDEX talk_bookings_holds ON talk_bookings (hold_expires_at) WHERE state = 'held';

CREATE TABLE talk_slot_claims (
    host_id TEXT NOT NULL,
    tick_start TIMESTAMP NOT NULL,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    PRIMARY KEY (host_id, tick_start)
);
CREATE INDEX talk_slot_claims_booking ON talk_slot_claims (booking_id);

CREATE TABLE talk_booking_moves (
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    version INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    by_id TEXT,
    by_name TEXT NOT NULL,
    what TEXT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    reason TEXT,
    PRIMARY KEY (booking_id, version)
);

CREATE TABLE talk_messages (
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    seq BIGINT NOT NULL CHECK (seq > 0),
    sender_id TEXT,
    sender_name TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'file', 'system')),
    body TEXT NOT NULL,
    client_id TEXT,
    file_id TEXT REFERENCES files (id),
    file_name TEXT,
    file_size BIGINT,
    file_media_type TEXT,
    sent_at TIMESTAMP NOT NULL,
    PRIMARY KEY (booking_id, seq),
    UNIQUE (booking_id, sender_id, client_id)
);

CREATE TABLE talk_tickets (
    ticket_hash TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    account_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    side TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE TABLE talk_minutes (
    booking_id TEXT NOT NULL PRIMARY KEY REFERENCES talk_bookings (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'published')),
    summary TEXT NOT NULL,
    agreed_points TEXT NOT NULL,
    version INTEGER NOT NULL,
    written_by TEXT NOT NULL,
    written_by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP
);

CREATE TABLE talk_follow_ups (
    id TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    owner TEXT NOT NULL CHECK (owner IN ('host', 'investor')),
    due_on DATE NOT NULL,
    done_at TIMESTAMP,
    UNIQUE (booking_id, position)
);
CREATE INDEX talk_follow_ups_due ON talk_follow_ups (due_on) WHERE done_at IS NULL;

CREATE TRIGGER talk_booking_moves_no_update BEFORE UPDATE ON talk_booking_moves
BEGIN SELECT RAISE(ABORT, 'talk booking moves are append-only'); END;
CREATE TRIGGER talk_booking_moves_no_delete BEFORE DELETE ON talk_booking_moves
BEGIN SELECT RAISE(ABORT, 'talk booking moves are append-only'); END;
CREATE TRIGGER talk_messages_no_update BEFORE UPDATE ON talk_messages
BEGIN SELECT RAISE(ABORT, 'talk messages are append-only'); END;
CREATE TRIGGER talk_messages_no_delete BEFORE DELETE ON talk_messages
BEGIN SELECT RAISE(ABORT, 'talk messages are append-only'); END;
