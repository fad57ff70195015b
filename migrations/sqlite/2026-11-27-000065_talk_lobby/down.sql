DROP TABLE talk_guest_moves;
ALTER TABLE talk_guests DROP COLUMN place_reason;
ALTER TABLE talk_guests DROP COLUMN place;
