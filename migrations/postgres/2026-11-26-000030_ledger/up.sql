ALTER TABLE lead_ledger_entries RENAME TO lead_ledger_entries_before;
ALTER TABLE lead_ledger_entries_before RENAME CONSTRAINT lead_ledger_entries_pkey TO lead_ledger_entries_before_pkey;
ALTER TABLE lead_ledger_entries_before RENAME CONSTRAINT lead_ledger_entries_previous_hash_key TO lead_ledger_entries_before_previous_hash_key;
ALTER TABLE lead_ledger_entries_before RENAME CONSTRAINT lead_ledger_entries_entry_hash_key TO lead_ledger_entries_before_entry_hash_key;

CREATE TABLE lead_ledger_entries (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence > 0),
    lead_id TEXT NOT NULL REFERENCES leads (id),
    kind TEXT NOT NULL CHECK (kind IN ('submission', 'answer', 'ruling')),
    facts TEXT,
    at TIMESTAMP NOT NULL,
    facts_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    entry_hash TEXT NOT NULL UNIQUE,
    CHECK ((kind = 'submission') = (facts IS NULL))
);
INSERT INTO lead_ledger_entries (sequence, lead_id, kind, at, facts_sha256, previous_hash, entry_hash)
SELECT sequence, lead_id, 'submission', at, facts_sha256, previous_hash, entry_hash
FROM lead_ledger_entries_before ORDER BY sequence;
DROP TABLE lead_ledger_entries_before;
CREATE UNIQUE INDEX lead_ledger_entries_one_submission ON lead_ledger_entries (lead_id) WHERE kind = 'submission';
CREATE INDEX lead_ledger_entries_lead ON lead_ledger_entries (lead_id, sequence);

CREATE TABLE lead_ledger_nodes (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id >= 0),
    hash TEXT NOT NULL
);

CREATE TABLE lead_ledger_checkpoints (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    kept_at TIMESTAMP
);
CREATE INDEX lead_ledger_checkpoints_unkept ON lead_ledger_checkpoints (size) WHERE kept_at IS NULL;

CREATE FUNCTION lead_ledger_follows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM lead_ledger_entries) THEN
        RAISE EXCEPTION 'lead_ledger_entries is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION lead_ledger_node_follows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.id <> (SELECT COALESCE(MAX(id), -1) + 1 FROM lead_ledger_nodes) THEN
        RAISE EXCEPTION 'lead_ledger_nodes is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION lead_ledger_head_moves() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.sequence <> OLD.sequence + 1 OR NEW.entry_hash IS DISTINCT FROM
        (SELECT entry_hash FROM lead_ledger_entries WHERE sequence = NEW.sequence) THEN
        RAISE EXCEPTION 'lead_ledger_heads follows the last entry';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lead_ledger_entries_append_only BEFORE UPDATE OR DELETE ON lead_ledger_entries
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_entries_follows BEFORE INSERT ON lead_ledger_entries
FOR EACH ROW EXECUTE FUNCTION lead_ledger_follows();
CREATE TRIGGER lead_ledger_entries_no_truncate BEFORE TRUNCATE ON lead_ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_heads_moves BEFORE UPDATE ON lead_ledger_heads
FOR EACH ROW EXECUTE FUNCTION lead_ledger_head_moves();
CREATE TRIGGER lead_ledger_heads_no_truncate BEFORE TRUNCATE ON lead_ledger_heads
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER leads_no_truncate BEFORE TRUNCATE ON leads
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_nodes_append_only BEFORE UPDATE OR DELETE ON lead_ledger_nodes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_nodes_follows BEFORE INSERT ON lead_ledger_nodes
FOR EACH ROW EXECUTE FUNCTION lead_ledger_node_follows();
CREATE TRIGGER lead_ledger_nodes_no_truncate BEFORE TRUNCATE ON lead_ledger_nodes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_checkpoints_append_only BEFORE DELETE OR UPDATE OF size, root, note, at ON lead_ledger_checkpoints
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_ledger_checkpoints_no_truncate BEFORE TRUNCATE ON lead_ledger_checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
