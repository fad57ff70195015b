-- A talk may be held at LiveKit or at TRTC too: there a way in is made for each person, so that no number and no link is kept.
CREATE TABLE talk_conferences_new (
    booking_id TEXT NOT NULL PRIMARY KEY REFERENCES talk_bookings (id),
    provider TEXT NOT NULL CHECK (provider IN ('tencent_meeting', 'livekit', 'trtc')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'ending', 'ended')),
    meeting_id TEXT UNIQUE,
    meeting_code TEXT,
    join_url TEXT,
    told_starts_at TIMESTAMP,
    doubted BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TIMESTAMP NOT NULL,
    failure TEXT,
    CHECK (state <> 'open' OR (meeting_id IS NOT NULL AND told_starts_at IS NOT NULL AND (provider <> 'tencent_meeting' OR (meeting_code IS NOT NULL AND join_url IS NOT NULL))))
);
INSERT INTO talk_conferences_new SELECT * FROM talk_conferences;
DROP TABLE talk_conferences;
ALTER TABLE talk_conferences_new RENAME TO talk_conferences;
CREATE INDEX talk_conferences_due ON talk_conferences (due_at) WHERE state <> 'ended';
