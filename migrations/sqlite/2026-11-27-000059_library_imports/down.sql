CREATE TABLE enterprise_imports (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT REFERENCES units (id),
    file_name TEXT NOT NULL,
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    error_count INTEGER NOT NULL CHECK (error_count >= 0),
    errors TEXT NOT NULL,
    contents TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('checked', 'imported', 'undone')),
    kept_count INTEGER NOT NULL CHECK (kept_count >= 0),
    checked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    checked_by_name TEXT NOT NULL,
    checked_at TIMESTAMP NOT NULL,
    imported_at TIMESTAMP,
    undone_at TIMESTAMP,
    CHECK (state = 'checked' OR error_count = 0),
    CHECK ((state = 'checked') = (imported_at IS NULL)),
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
INSERT INTO enterprise_imports
SELECT id, unit_id, file_name, row_count, error_count, errors, contents, state, kept_count, checked_by, checked_by_name,
    checked_at, imported_at, undone_at
FROM library_imports
WHERE library = 'enterprises';
DROP TABLE library_imports;
CREATE INDEX enterprise_imports_person ON enterprise_imports (checked_by, id);
