-- One row a socket. Whoever has no end was last seen when it says; a server that died could not write one.
CREATE TABLE talk_attendances (
    id TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('investor', 'host', 'guest')),
    joined_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP,
    ending TEXT CHECK (ending IN ('left', 'replaced', 'ended')),
    CHECK (joined_at <= seen_at),
    CHECK (left_at IS NULL OR joined_at <= left_at),
    CHECK ((left_at IS NULL) = (ending IS NULL))
);
CREATE INDEX talk_attendances_booking ON talk_attendances (booking_id, id);

-- A second line of words beside the talk's own, for whoever needs an interpreter; both share one sequence.
ALTER TABLE talk_messages ADD COLUMN line TEXT NOT NULL DEFAULT 'main' CHECK (line IN ('main', 'interpreter'));
