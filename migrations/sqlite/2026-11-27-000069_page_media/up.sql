-- Pictures, films and captions of guides and policies, each once under the hash of its bytes. Readers are given what a
-- page that stands shows.
CREATE TABLE content_media (
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'film', 'captions')),
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size > 0),
    file_id TEXT NOT NULL UNIQUE REFERENCES files (id),
    uploaded_by TEXT NOT NULL REFERENCES auth_accounts (id),
    uploaded_at TIMESTAMP NOT NULL
);

CREATE TABLE content_page_media (
    slug TEXT NOT NULL REFERENCES content_pages (slug),
    sha256 TEXT NOT NULL REFERENCES content_media (sha256),
    PRIMARY KEY (slug, sha256)
);
CREATE INDEX content_page_media_medium ON content_page_media (sha256);

ALTER TABLE content_pages ADD COLUMN media TEXT NOT NULL DEFAULT '[]';
