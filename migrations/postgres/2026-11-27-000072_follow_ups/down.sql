DROP TABLE talk_minutes_templates;
DROP TABLE talk_follow_up_reminders;
DROP INDEX talk_follow_ups_due;
ALTER TABLE talk_follow_ups RENAME TO talk_follow_ups_after;
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
INSERT INTO talk_follow_ups (id, booking_id, position, text, owner, due_on, done_at)
SELECT id, booking_id, position, text, owner, due_on, ended_at FROM talk_follow_ups_after;
DROP TABLE talk_follow_ups_after;
CREATE INDEX talk_follow_ups_due ON talk_follow_ups (due_on) WHERE done_at IS NULL;
