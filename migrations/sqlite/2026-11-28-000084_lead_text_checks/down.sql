DROP INDEX content_checks_waiting;
DROP INDEX content_checks_open;
ALTER TABLE content_checks RENAME TO content_checks_before;
CREATE TABLE content_checks (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject IN ('talk_message', 'talk_file', 'lead_attachment')),
    subject_id TEXT NOT NULL,
    author_id TEXT NOT NULL REFERENCES auth_accounts (id),
    open_id TEXT NOT NULL,
    body TEXT,
    file_id TEXT REFERENCES files (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'passed', 'open', 'released', 'withheld')),
    cause TEXT CHECK (cause IN ('risky', 'review', 'unavailable', 'overdue')),
    label TEXT,
    trace_id TEXT UNIQUE,
    key_hash TEXT,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    created_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    asked_at TIMESTAMP,
    decided_by TEXT REFERENCES auth_accounts (id),
    decided_at TIMESTAMP,
    note TEXT,
    UNIQUE (subject, subject_id),
    CHECK ((body IS NULL) <> (file_id IS NULL)),
    CHECK ((state IN ('open', 'released', 'withheld')) = (cause IS NOT NULL)),
    CHECK ((state IN ('released', 'withheld')) = (decided_at IS NOT NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (note IS NULL)),
    CHECK ((asked_at IS NULL) = (trace_id IS NULL))
);
INSERT INTO content_checks (id, subject, subject_id, author_id, open_id, body, file_id, state, cause, label, trace_id, key_hash, attempts, created_at, due_at, asked_at, decided_by, decided_at, note)
SELECT id, subject, subject_id, author_id, open_id, body, file_id, state, cause, label, trace_id, key_hash, attempts, created_at, due_at, asked_at, decided_by, decided_at, note FROM content_checks_before WHERE subject <> 'lead_text';
DROP TABLE content_checks_before;
CREATE INDEX content_checks_waiting ON content_checks (due_at) WHERE state = 'waiting';
CREATE INDEX content_checks_open ON content_checks (id) WHERE state = 'open';
