ALTER TABLE content_pages ADD COLUMN version_number INTEGER NOT NULL DEFAULT 1 CHECK (version_number > 0);
ALTER TABLE content_pages ADD COLUMN withdrawn_on DATE;
ALTER TABLE content_pages ADD COLUMN withdrawn_reason TEXT CHECK ((withdrawn_reason IS NULL) = (withdrawn_on IS NULL));
ALTER TABLE content_pages ADD COLUMN in_personal_guide BOOLEAN NOT NULL DEFAULT FALSE;

-- Goes on by one with every change of what readers see, whoever makes it; its row is held until the commit, so that no
-- two states bear one number. It begins at the time, so that a new database is no older state of another.
CREATE TABLE content_clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO content_clock (id, version) VALUES (1, CAST(strftime('%s', 'now') AS INTEGER) * 1000);

CREATE TABLE content_versions (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 80),
    kind TEXT NOT NULL CHECK (kind IN ('guide', 'policy')),
    number INTEGER NOT NULL CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'published', 'replaced', 'withdrawn', 'discarded')),
    content TEXT NOT NULL CHECK (length(content) <= 409600),
    base_number INTEGER NOT NULL CHECK (base_number >= 0 AND base_number < number),
    note TEXT,
    written_by TEXT REFERENCES auth_accounts (id),
    written_by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    published_by TEXT REFERENCES auth_accounts (id),
    published_at TIMESTAMP,
    demo BOOLEAN NOT NULL,
    UNIQUE (slug, number),
    CHECK (published_by IS NULL OR published_by <> written_by),
    CHECK ((state IN ('published', 'replaced', 'withdrawn')) = (published_at IS NOT NULL)),
    CHECK (published_at IS NULL OR (published_by IS NULL) = (written_by IS NULL)),
    CHECK (published_at IS NOT NULL OR published_by IS NULL)
);
CREATE UNIQUE INDEX content_versions_one_published ON content_versions (slug) WHERE state = 'published';
CREATE UNIQUE INDEX content_versions_one_open ON content_versions (slug) WHERE state IN ('draft', 'submitted');
CREATE INDEX content_versions_state ON content_versions (state, id);

CREATE TABLE content_version_steps (
    version_id TEXT NOT NULL REFERENCES content_versions (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('started', 'submitted', 'returned', 'published', 'replaced', 'withdrawn', 'discarded')),
    by_id TEXT REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    note TEXT,
    content_sha256 TEXT NOT NULL,
    PRIMARY KEY (version_id, seq)
);

CREATE TRIGGER content_versions_stand BEFORE UPDATE ON content_versions
WHEN NOT (
    NEW.id IS OLD.id AND NEW.slug IS OLD.slug AND NEW.kind IS OLD.kind AND NEW.number IS OLD.number AND NEW.base_number IS OLD.base_number AND NEW.written_by IS OLD.written_by AND NEW.written_by_name IS OLD.written_by_name AND NEW.demo IS OLD.demo
    AND (OLD.state || '>' || NEW.state) IN ('draft>draft', 'draft>submitted', 'draft>discarded', 'submitted>draft', 'submitted>published', 'published>replaced', 'published>withdrawn')
    AND (NEW.state = OLD.state OR (NEW.content IS OLD.content AND NEW.note IS OLD.note AND NEW.written_at IS OLD.written_at))
    AND ((OLD.state = 'submitted' AND NEW.state = 'published') OR (NEW.published_by IS OLD.published_by AND NEW.published_at IS OLD.published_at))
)
BEGIN SELECT RAISE(ABORT, 'a version of a page moves step by step, and its text stands once it was submitted'); END;
CREATE TRIGGER content_versions_no_delete BEFORE DELETE ON content_versions
BEGIN SELECT RAISE(ABORT, 'versions of pages are kept'); END;
CREATE TRIGGER content_version_steps_no_update BEFORE UPDATE ON content_version_steps
BEGIN SELECT RAISE(ABORT, 'content_version_steps is append-only'); END;
CREATE TRIGGER content_version_steps_no_delete BEFORE DELETE ON content_version_steps
BEGIN SELECT RAISE(ABORT, 'content_version_steps is append-only'); END;
CREATE TRIGGER content_pages_tick_insert AFTER INSERT ON content_pages
BEGIN UPDATE content_clock SET version = version + 1; END;
CREATE TRIGGER content_pages_tick_update AFTER UPDATE ON content_pages
BEGIN UPDATE content_clock SET version = version + 1; END;
CREATE TRIGGER content_pages_tick_delete AFTER DELETE ON content_pages
BEGIN UPDATE content_clock SET version = version + 1; END;
