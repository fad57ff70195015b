CREATE TABLE evidence_anchors (
    seq INTEGER NOT NULL PRIMARY KEY,
    day DATE NOT NULL UNIQUE,
    leaves TEXT NOT NULL,
    leaves_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    token BLOB NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TRIGGER evidence_anchors_no_update BEFORE UPDATE ON evidence_anchors
BEGIN SELECT RAISE(ABORT, 'evidence anchors is append-only'); END;
CREATE TRIGGER evidence_anchors_no_delete BEFORE DELETE ON evidence_anchors
BEGIN SELECT RAISE(ABORT, 'evidence anchors is append-only'); END;
