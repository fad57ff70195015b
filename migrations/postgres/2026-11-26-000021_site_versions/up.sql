CREATE TABLE map_imports (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT REFERENCES units (id),
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    error_count INTEGER NOT NULL CHECK (error_count >= 0),
    errors TEXT NOT NULL,
    contents TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('checked', 'imported', 'undone')),
    checked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    checked_by_name TEXT NOT NULL,
    checked_at TIMESTAMP NOT NULL,
    imported_at TIMESTAMP,
    undone_at TIMESTAMP,
    CHECK (state = 'checked' OR error_count = 0)
);
CREATE INDEX map_imports_person ON map_imports (checked_by, id);

CREATE TABLE map_site_versions (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL,
    number INTEGER CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'discarded', 'published', 'withdrawn')),
    unit_id TEXT NOT NULL REFERENCES units (id),
    park_id TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    note TEXT,
    base_number INTEGER NOT NULL CHECK (base_number >= 0),
    import_id TEXT REFERENCES map_imports (id),
    written_by TEXT REFERENCES auth_accounts (id),
    written_by_name TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    reviewed_by TEXT REFERENCES auth_accounts (id),
    reviewed_by_name TEXT,
    reviewed_at TIMESTAMP,
    review_note TEXT,
    UNIQUE (site_id, number),
    CHECK ((state IN ('published', 'withdrawn')) = (number IS NOT NULL)),
    CHECK (reviewed_by IS NULL OR reviewed_by <> written_by),
    CHECK (state <> 'published' OR (written_by IS NULL) = (reviewed_by IS NULL)),
    CHECK (state = 'published' OR written_by IS NOT NULL)
);
CREATE UNIQUE INDEX map_site_versions_one_open ON map_site_versions (site_id) WHERE state IN ('open', 'returned');
CREATE INDEX map_site_versions_unit ON map_site_versions (unit_id, state, id);
CREATE INDEX map_site_versions_park ON map_site_versions (park_id, state, id);
CREATE INDEX map_site_versions_import ON map_site_versions (import_id);

CREATE TABLE map_site_photos (
    file_id TEXT NOT NULL PRIMARY KEY REFERENCES files (id),
    site_id TEXT NOT NULL REFERENCES map_sites (id),
    position INTEGER NOT NULL,
    caption TEXT,
    UNIQUE (site_id, position)
);

CREATE TABLE map_site_checks (
    site_id TEXT NOT NULL,
    checked_on DATE NOT NULL,
    checked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    checked_by_name TEXT NOT NULL,
    checked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (site_id, checked_on)
);

CREATE TABLE map_site_reports (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL,
    site_name TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    park_id TEXT REFERENCES units (id),
    what TEXT NOT NULL CHECK (what IN ('price', 'status', 'location', 'facts', 'photos', 'other')),
    words TEXT,
    reporter_key TEXT NOT NULL,
    reported_on DATE NOT NULL,
    reported_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered')),
    outcome TEXT CHECK (outcome IN ('corrected', 'stands')),
    answer TEXT,
    answered_by TEXT REFERENCES auth_accounts (id),
    answered_by_name TEXT,
    answered_at TIMESTAMP,
    UNIQUE (site_id, reporter_key, reported_on),
    CHECK ((state = 'answered') = (outcome IS NOT NULL AND answer IS NOT NULL AND answered_by IS NOT NULL))
);
CREATE INDEX map_site_reports_unit ON map_site_reports (unit_id, state, id);
CREATE INDEX map_site_reports_park ON map_site_reports (park_id, state, id);
CREATE INDEX map_site_reports_reporter ON map_site_reports (reporter_key, reported_on);

CREATE TABLE map_site_reminders (
    site_id TEXT NOT NULL,
    due_since DATE NOT NULL,
    reminded_at TIMESTAMP NOT NULL,
    PRIMARY KEY (site_id, due_since)
);

CREATE TRIGGER map_site_versions_stand BEFORE UPDATE ON map_site_versions
FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER map_site_versions_author BEFORE DELETE OR UPDATE OF id, site_id, written_by ON map_site_versions
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER map_site_checks_append_only BEFORE UPDATE OR DELETE ON map_site_checks
FOR EACH ROW EXECUTE FUNCTION refuse_change();
