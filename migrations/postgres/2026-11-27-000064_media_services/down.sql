DELETE FROM talk_conferences WHERE provider <> 'tencent_meeting';
ALTER TABLE talk_conferences DROP CONSTRAINT talk_conferences_check;
ALTER TABLE talk_conferences ADD CONSTRAINT talk_conferences_check
CHECK (state <> 'open' OR (meeting_id IS NOT NULL AND meeting_code IS NOT NULL AND join_url IS NOT NULL AND told_starts_at IS NOT NULL));
ALTER TABLE talk_conferences DROP CONSTRAINT talk_conferences_provider_check;
ALTER TABLE talk_conferences ADD CONSTRAINT talk_conferences_provider_check
CHECK (provider IN ('tencent_meeting'));
