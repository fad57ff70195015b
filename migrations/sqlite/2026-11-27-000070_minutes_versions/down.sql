DROP TRIGGER talk_settings_no_delete;
DELETE FROM talk_settings WHERE name = 'minutes_days';
CREATE TRIGGER talk_settings_no_delete BEFORE DELETE ON talk_settings
BEGIN SELECT RAISE(ABORT, 'talk settings are append-only'); END;
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
-- What was sent and not yet agreed on becomes a draft again; of each talk the newest version stays.
INSERT INTO talk_minutes (booking_id, state, summary, agreed_points, version, written_by, written_by_name, written_at, published_at)
SELECT v.booking_id, CASE WHEN v.state = 'published' THEN 'published' ELSE 'draft' END, v.summary, v.agreed_points, v.revision,
    v.written_by, v.written_by_name, v.written_at, CASE WHEN v.state = 'published' THEN v.ended_at END
FROM talk_minutes_versions v
WHERE v.number = (SELECT max(o.number) FROM talk_minutes_versions o WHERE o.booking_id = v.booking_id);
DROP TABLE talk_minutes_confirmations;
DROP TABLE talk_minutes_versions;
