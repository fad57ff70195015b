CREATE TABLE seals (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('official', 'contract')),
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('unit', 'enterprise')),
    owner_name TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    keeper_name TEXT NOT NULL,
    authority TEXT NOT NULL,
    picture_file TEXT NOT NULL UNIQUE REFERENCES files (id),
    picture_sha256 TEXT NOT NULL CHECK (length(picture_sha256) = 64),
    papers_file TEXT NOT NULL UNIQUE REFERENCES files (id),
    papers_sha256 TEXT NOT NULL CHECK (length(papers_sha256) = 64),
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'suspended', 'declined', 'revoked')),
    registered_by TEXT NOT NULL REFERENCES auth_accounts (id),
    registered_at TIMESTAMP NOT NULL,
    approved_by TEXT REFERENCES auth_accounts (id),
    approved_at TIMESTAMP,
    demo BOOLEAN NOT NULL,
    CHECK (approved_by IS NULL OR approved_by <> registered_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (state NOT IN ('approved', 'suspended') OR approved_by IS NOT NULL)
);
CREATE INDEX seals_unit ON seals (unit_id, id);
CREATE INDEX seals_owner ON seals (owner_kind, owner_name);
CREATE INDEX seals_registered ON seals (registered_by, id);

CREATE TABLE seal_steps (
    seal_id TEXT NOT NULL REFERENCES seals (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('registered', 'approved', 'declined', 'suspended', 'reinstated', 'revoked')),
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    reason TEXT,
    PRIMARY KEY (seal_id, seq),
    CHECK (kind NOT IN ('declined', 'suspended', 'revoked') OR reason IS NOT NULL)
);

CREATE TABLE seal_uses (
    party_id TEXT NOT NULL PRIMARY KEY REFERENCES agreement_parties (id),
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seal_id TEXT NOT NULL REFERENCES seals (id),
    seal_name TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    picture_sha256 TEXT NOT NULL,
    used_at TIMESTAMP NOT NULL
);
CREATE INDEX seal_uses_seal ON seal_uses (seal_id, used_at);
CREATE INDEX seal_uses_agreement ON seal_uses (agreement_id);

CREATE TRIGGER seals_stand BEFORE UPDATE ON seals
WHEN NOT (
    NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.kind IS OLD.kind AND NEW.owner_kind IS OLD.owner_kind AND NEW.owner_name IS OLD.owner_name
    AND NEW.unit_id IS OLD.unit_id AND NEW.keeper_name IS OLD.keeper_name AND NEW.authority IS OLD.authority AND NEW.picture_file IS OLD.picture_file
    AND NEW.picture_sha256 IS OLD.picture_sha256 AND NEW.papers_file IS OLD.papers_file AND NEW.papers_sha256 IS OLD.papers_sha256
    AND NEW.registered_by IS OLD.registered_by AND NEW.registered_at IS OLD.registered_at AND NEW.demo IS OLD.demo
    AND (OLD.state || '>' || NEW.state) IN ('pending>approved', 'pending>declined', 'approved>suspended', 'suspended>approved', 'approved>revoked', 'suspended>revoked')
)
BEGIN SELECT RAISE(ABORT, 'a seal stands as it was registered and moves step by step'); END;
CREATE TRIGGER seals_begin BEFORE INSERT ON seals WHEN NEW.state <> 'pending'
BEGIN SELECT RAISE(ABORT, 'a seal stands as it was registered and moves step by step'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are kept'); END;
CREATE TRIGGER seal_uses_approved BEFORE INSERT ON seal_uses
WHEN NOT EXISTS (SELECT 1 FROM seals WHERE id = NEW.seal_id AND state = 'approved' AND picture_sha256 = NEW.picture_sha256)
BEGIN SELECT RAISE(ABORT, 'a seal is used only while it is approved, and as it was approved'); END;
CREATE TRIGGER seal_steps_no_update BEFORE UPDATE ON seal_steps
BEGIN SELECT RAISE(ABORT, 'seal_steps is append-only'); END;
CREATE TRIGGER seal_steps_no_delete BEFORE DELETE ON seal_steps
BEGIN SELECT RAISE(ABORT, 'seal_steps is append-only'); END;
CREATE TRIGGER seal_uses_no_update BEFORE UPDATE ON seal_uses
BEGIN SELECT RAISE(ABORT, 'seal_uses is append-only'); END;
CREATE TRIGGER seal_uses_no_delete BEFORE DELETE ON seal_uses
BEGIN SELECT RAISE(ABORT, 'seal_uses is append-only'); END;
