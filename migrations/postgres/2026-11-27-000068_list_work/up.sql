-- A set of filters of a library's list under a name. A person has twenty places in each library, and no name twice.
CREATE TABLE saved_views (
    id TEXT NOT NULL PRIMARY KEY,
    library TEXT NOT NULL CHECK (library IN ('enterprises', 'institutions')),
    owner_id TEXT NOT NULL REFERENCES auth_accounts (id),
    owner_name TEXT NOT NULL,
    place INTEGER NOT NULL CHECK (place BETWEEN 1 AND 20),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 20),
    filter TEXT NOT NULL CHECK (length(filter) <= 2000),
    shared_unit_id TEXT REFERENCES units (id),
    kept_at TIMESTAMP NOT NULL,
    UNIQUE (owner_id, library, place),
    UNIQUE (owner_id, library, name)
);
CREATE INDEX saved_views_shared ON saved_views (shared_unit_id, library) WHERE shared_unit_id IS NOT NULL;

-- One act on many enterprises: what each was before stands in it, so that the whole can be taken back.
CREATE TABLE enterprise_batches (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('classify', 'court', 'let_go')),
    row_count INTEGER NOT NULL CHECK (row_count BETWEEN 1 AND 200),
    contents TEXT NOT NULL,
    done_by TEXT NOT NULL REFERENCES auth_accounts (id),
    done_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP
);
CREATE INDEX enterprise_batches_person ON enterprise_batches (done_by, id);

-- The pursuits of the enterprises on a page are looked up, not looked for among all.
CREATE INDEX enterprise_pursuits_enterprise ON enterprise_pursuits (enterprise_id);
-- What a unit courts is listed by when anything was written about it: a pursuit follows its enterprise in that.
ALTER TABLE enterprise_pursuits ADD COLUMN touched_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
UPDATE enterprise_pursuits SET touched_at = (SELECT e.touched_at FROM enterprises e WHERE e.id = enterprise_pursuits.enterprise_id);
CREATE INDEX enterprise_pursuits_listed ON enterprise_pursuits (unit_id, state, touched_at, enterprise_id);
DROP INDEX enterprise_pursuits_unit;
CREATE FUNCTION enterprise_pursuit_begins() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    NEW.touched_at := (SELECT touched_at FROM enterprises WHERE id = NEW.enterprise_id);
    RETURN NEW;
END $$;
CREATE TRIGGER enterprise_pursuits_begin BEFORE INSERT ON enterprise_pursuits
FOR EACH ROW EXECUTE FUNCTION enterprise_pursuit_begins();
CREATE FUNCTION enterprise_pursuits_follow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    UPDATE enterprise_pursuits SET touched_at = NEW.touched_at WHERE enterprise_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER enterprise_pursuits_follow AFTER UPDATE OF touched_at ON enterprises
FOR EACH ROW EXECUTE FUNCTION enterprise_pursuits_follow();
