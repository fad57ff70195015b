DROP TABLE talk_wishes;
DELETE FROM talk_tickets WHERE guest_id IS NOT NULL;
ALTER TABLE talk_tickets DROP COLUMN guest_id;
DROP TABLE talk_guests;
