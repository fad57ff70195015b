ALTER TABLE content_pages DROP COLUMN terms;
