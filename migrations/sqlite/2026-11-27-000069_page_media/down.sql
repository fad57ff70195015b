ALTER TABLE content_pages DROP COLUMN media;
DROP TABLE content_page_media;
DROP TABLE content_media;
