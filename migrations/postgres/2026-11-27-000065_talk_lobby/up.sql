-- Where a guest is: before the door, in the room, or sent away. Whoever had a link before waits like the others.
ALTER TABLE talk_guests ADD COLUMN place TEXT NOT NULL DEFAULT 'waiting' CHECK (place IN ('waiting', 'listener', 'speaker', 'refused', 'removed'));
ALTER TABLE talk_guests ADD COLUMN place_reason TEXT;

CREATE TABLE talk_guest_moves (
    guest_id TEXT NOT NULL REFERENCES talk_guests (id),
    n INTEGER NOT NULL CHECK (n > 0),
    place TEXT NOT NULL CHECK (place IN ('listener', 'speaker', 'refused', 'removed')),
    reason TEXT,
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (guest_id, n),
    CHECK ((place IN ('refused', 'removed')) = (reason IS NOT NULL))
);
CREATE TRIGGER talk_guest_moves_append_only BEFORE UPDATE OR DELETE ON talk_guest_moves
FOR EACH ROW EXECUTE FUNCTION refuse_change();
