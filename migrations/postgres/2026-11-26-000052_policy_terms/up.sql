ALTER TABLE content_pages ADD COLUMN terms TEXT;
