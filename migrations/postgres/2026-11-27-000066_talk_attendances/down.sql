ALTER TABLE talk_messages DROP COLUMN line;
DROP TABLE talk_attendances;
