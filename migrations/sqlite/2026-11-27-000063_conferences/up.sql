-- A talk held at a meeting service outside. What the service was told stands beside it: a talk that was moved or called
-- off shows as a difference, and a worker makes it good.
CREATE TABLE talk_conferences (
    booking_id TEXT NOT NULL PRIMARY KEY REFERENCES talk_bookings (id),
    provider TEXT NOT NULL CHECK (provider IN ('tencent_meeting')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'ending', 'ended')),
    meeting_id TEXT UNIQUE,
    meeting_code TEXT,
    join_url TEXT,
    told_starts_at TIMESTAMP,
    doubted BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TIMESTAMP NOT NULL,
    failure TEXT,
    CHECK (state <> 'open' OR (meeting_id IS NOT NULL AND meeting_code IS NOT NULL AND join_url IS NOT NULL AND told_starts_at IS NOT NULL))
);
CREATE INDEX talk_conferences_due ON talk_conferences (due_at) WHERE state <> 'ended';

-- What the service said of a meeting, each event once however often it is sent. They come in any order.
CREATE TABLE talk_conference_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    meeting_id TEXT NOT NULL,
    name TEXT NOT NULL,
    person TEXT,
    happened_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL
);
CREATE INDEX talk_conference_events_meeting ON talk_conference_events (meeting_id, received_at);
