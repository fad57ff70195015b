DROP INDEX talk_follow_ups_due;
ALTER TABLE talk_follow_ups RENAME TO talk_follow_ups_before;
CREATE TABLE talk_follow_ups (
    id TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    owner TEXT NOT NULL CHECK (owner IN ('host', 'investor')),
    owner_id TEXT NOT NULL REFERENCES auth_accounts (id),
    owner_name TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    due_on DATE NOT NULL,
    made_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    ended_by_name TEXT,
    ended_at TIMESTAMP,
    reason TEXT,
    UNIQUE (booking_id, position),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state = 'dropped') = (reason IS NOT NULL))
);
INSERT INTO talk_follow_ups (id, booking_id, position, text, owner, owner_id, owner_name, unit_id, due_on, made_at, state, ended_by_name, ended_at, reason)
SELECT f.id, f.booking_id, f.position, f.text, f.owner,
    CASE WHEN f.owner = 'host' THEN b.host_id ELSE b.investor_id END,
    CASE WHEN f.owner = 'host' THEN b.host_name ELSE b.investor_name END,
    b.unit_id, f.due_on, v.ended_at, CASE WHEN f.done_at IS NULL THEN 'open' ELSE 'done' END, NULL, f.done_at, NULL
FROM talk_follow_ups_before f
JOIN talk_bookings b ON b.id = f.booking_id
JOIN talk_minutes_versions v ON v.booking_id = f.booking_id AND v.state = 'published';
DROP TABLE talk_follow_ups_before;
CREATE INDEX talk_follow_ups_owner ON talk_follow_ups (owner_id, due_on, id);
CREATE INDEX talk_follow_ups_unit ON talk_follow_ups (unit_id, due_on, id) WHERE owner = 'host';
CREATE INDEX talk_follow_ups_due ON talk_follow_ups (due_on) WHERE state = 'open';

CREATE TABLE talk_follow_up_reminders (
    follow_up_id TEXT NOT NULL REFERENCES talk_follow_ups (id),
    kind TEXT NOT NULL CHECK (kind IN ('day_before', 'overdue')),
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (follow_up_id, kind)
);

CREATE TABLE talk_minutes_templates (
    unit_id TEXT NOT NULL PRIMARY KEY REFERENCES units (id),
    headings TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    set_by TEXT NOT NULL REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL
);
