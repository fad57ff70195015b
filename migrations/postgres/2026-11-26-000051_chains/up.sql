CREATE TABLE chain_versions (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    number INTEGER CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'withdrawn', 'approved', 'past')),
    name TEXT NOT NULL,
    industry TEXT NOT NULL,
    content TEXT NOT NULL,
    note TEXT,
    base_number INTEGER NOT NULL CHECK (base_number >= 0),
    proposed_by TEXT REFERENCES auth_accounts (id),
    proposed_by_name TEXT NOT NULL,
    proposed_at TIMESTAMP NOT NULL,
    decided_by TEXT REFERENCES auth_accounts (id),
    decided_by_name TEXT,
    decided_at TIMESTAMP,
    decision_note TEXT,
    from_on DATE,
    to_on DATE,
    demo BOOLEAN NOT NULL,
    UNIQUE (unit_id, number),
    CHECK (decided_by IS NULL OR decided_by <> proposed_by),
    CHECK ((state IN ('approved', 'past')) = (number IS NOT NULL)),
    CHECK ((number IS NULL) = (from_on IS NULL)),
    CHECK ((state = 'past') = (to_on IS NOT NULL)),
    CHECK (to_on IS NULL OR to_on >= from_on),
    CHECK (number IS NULL OR (proposed_by IS NULL) = (decided_by IS NULL))
);
CREATE UNIQUE INDEX chain_versions_one_approved ON chain_versions (unit_id) WHERE state = 'approved';
CREATE UNIQUE INDEX chain_versions_one_proposed ON chain_versions (unit_id) WHERE state IN ('open', 'returned');
CREATE INDEX chain_versions_state ON chain_versions (state, id);
CREATE INDEX enterprises_link ON enterprises (industry, chain_link, touched_at);

CREATE TRIGGER chain_versions_stand BEFORE UPDATE ON chain_versions
FOR EACH ROW WHEN (OLD.number IS NOT NULL AND NOT (
    OLD.state = 'approved' AND NEW.state = 'past' AND NEW.id = OLD.id AND NEW.unit_id = OLD.unit_id
    AND NEW.number = OLD.number AND NEW.name = OLD.name AND NEW.industry = OLD.industry
    AND NEW.content = OLD.content AND NEW.from_on = OLD.from_on AND NEW.demo = OLD.demo
)) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER chain_versions_no_delete BEFORE DELETE ON chain_versions
FOR EACH ROW EXECUTE FUNCTION refuse_change();
