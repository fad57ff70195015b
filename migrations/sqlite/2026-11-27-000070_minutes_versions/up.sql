CREATE TABLE talk_minutes_versions (
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    number INTEGER NOT NULL CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('draft', 'sent', 'changes_asked', 'recalled', 'published')),
    revision INTEGER NOT NULL CHECK (revision > 0),
    summary TEXT NOT NULL,
    agreed_points TEXT NOT NULL,
    follow_ups TEXT NOT NULL,
    written_by TEXT NOT NULL REFERENCES auth_accounts (id),
    written_by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    publishable_at TIMESTAMP,
    ended_at TIMESTAMP,
    change_asked TEXT,
    unanswered BOOLEAN NOT NULL,
    PRIMARY KEY (booking_id, number),
    CHECK ((state = 'draft') = (sent_at IS NULL)),
    CHECK ((sent_at IS NULL) = (publishable_at IS NULL)),
    CHECK ((state IN ('draft', 'sent')) = (ended_at IS NULL)),
    CHECK ((state = 'changes_asked') = (change_asked IS NOT NULL)),
    CHECK (state = 'published' OR NOT unanswered)
);
-- A talk has one version that is written, waits, or stands; those before it are kept.
CREATE UNIQUE INDEX talk_minutes_versions_one ON talk_minutes_versions (booking_id) WHERE state IN ('draft', 'sent', 'published');

CREATE TABLE talk_minutes_confirmations (
    booking_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('host', 'investor')),
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (booking_id, number, side),
    FOREIGN KEY (booking_id, number) REFERENCES talk_minutes_versions (booking_id, number)
);

-- What was published before had nobody's answer.
INSERT INTO talk_minutes_versions (booking_id, number, state, revision, summary, agreed_points, follow_ups, written_by, written_by_name, written_at, sent_at, publishable_at, ended_at, change_asked, unanswered)
SELECT m.booking_id, 1, m.state, m.version, m.summary, m.agreed_points,
    coalesce((SELECT json_group_array(json_object('text', f.text, 'owner', f.owner, 'due_on', f.due_on)) FROM (SELECT * FROM talk_follow_ups WHERE booking_id = m.booking_id ORDER BY position) f), '[]'),
    m.written_by, m.written_by_name, m.written_at, m.published_at, m.published_at, m.published_at, NULL, m.state = 'published'
FROM talk_minutes m;
DELETE FROM talk_follow_ups WHERE booking_id IN (SELECT booking_id FROM talk_minutes WHERE state = 'draft');
DROP TABLE talk_minutes;

INSERT INTO talk_settings (name, effective_at, value, reason, set_by, set_at) VALUES
    ('minutes_days', '2020-01-01 00:00:00', 5, '系统初始值', NULL, '2026-11-27 00:00:00');

CREATE TRIGGER talk_minutes_versions_stand BEFORE UPDATE ON talk_minutes_versions
WHEN NOT (
    NEW.booking_id = OLD.booking_id AND NEW.number = OLD.number
    AND (OLD.state || '>' || NEW.state) IN ('draft>draft', 'draft>sent', 'sent>changes_asked', 'sent>recalled', 'sent>published')
    AND (NEW.state = 'draft' OR (NEW.revision IS OLD.revision AND NEW.summary IS OLD.summary AND NEW.agreed_points IS OLD.agreed_points AND NEW.follow_ups IS OLD.follow_ups AND NEW.written_by IS OLD.written_by AND NEW.written_at IS OLD.written_at))
    AND (OLD.state = 'draft' OR (NEW.sent_at IS OLD.sent_at AND NEW.publishable_at IS OLD.publishable_at))
    AND (NEW.state <> 'published' OR 2 <= (CASE WHEN NEW.unanswered AND NEW.ended_at >= NEW.publishable_at THEN 1 ELSE 0 END) + (
        SELECT count(*) FROM talk_minutes_confirmations c WHERE c.booking_id = NEW.booking_id AND c.number = NEW.number))
)
BEGIN SELECT RAISE(ABORT, 'minutes move step by step, their text stands once it was sent, and they stand when both sides have confirmed them'); END;
CREATE TRIGGER talk_minutes_versions_no_delete BEFORE DELETE ON talk_minutes_versions
BEGIN SELECT RAISE(ABORT, 'versions of minutes are kept'); END;
CREATE TRIGGER talk_minutes_confirmations_of_sent BEFORE INSERT ON talk_minutes_confirmations
WHEN NOT EXISTS (SELECT 1 FROM talk_minutes_versions v WHERE v.booking_id = NEW.booking_id AND v.number = NEW.number AND v.state = 'sent')
BEGIN SELECT RAISE(ABORT, 'only what was sent is confirmed'); END;
CREATE TRIGGER talk_minutes_confirmations_no_update BEFORE UPDATE ON talk_minutes_confirmations
BEGIN SELECT RAISE(ABORT, 'talk minutes confirmations are append-only'); END;
CREATE TRIGGER talk_minutes_confirmations_no_delete BEFORE DELETE ON talk_minutes_confirmations
BEGIN SELECT RAISE(ABORT, 'talk minutes confirmations are append-only'); END;
