DROP TABLE talk_conference_events;
DROP TABLE talk_conferences;
