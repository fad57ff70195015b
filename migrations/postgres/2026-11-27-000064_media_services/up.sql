-- A talk may be held at LiveKit or at TRTC too: there a way in is made for each person, so that no number and no link is kept.
ALTER TABLE talk_conferences DROP CONSTRAINT talk_conferences_provider_check;
ALTER TABLE talk_conferences ADD CONSTRAINT talk_conferences_provider_check
CHECK (provider IN ('tencent_meeting', 'livekit', 'trtc'));
ALTER TABLE talk_conferences DROP CONSTRAINT talk_conferences_check;
ALTER TABLE talk_conferences ADD CONSTRAINT talk_conferences_check
CHECK (state <> 'open' OR (meeting_id IS NOT NULL AND told_starts_at IS NOT NULL AND (provider <> 'tencent_meeting' OR (meeting_code IS NOT NULL AND join_url IS NOT NULL))));
