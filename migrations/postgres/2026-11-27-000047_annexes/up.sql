CREATE TABLE agreement_annexes (
    id TEXT NOT NULL PRIMARY KEY,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    name TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES files (id),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    uploaded_sha256 TEXT NOT NULL CHECK (length(uploaded_sha256) = 64),
    pages INTEGER NOT NULL CHECK (pages > 0),
    size BIGINT NOT NULL CHECK (size > 0),
    added_by TEXT NOT NULL REFERENCES auth_accounts (id),
    added_at TIMESTAMP NOT NULL,
    UNIQUE (agreement_id, seq)
);

CREATE FUNCTION annex_in_draft() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE
    of_agreement TEXT := COALESCE(NEW.agreement_id, OLD.agreement_id);
BEGIN
    IF TG_OP = 'UPDATE' OR (SELECT state FROM agreements WHERE id = of_agreement) IS DISTINCT FROM 'draft' THEN
        RAISE EXCEPTION 'annexes come and go while the agreement is a draft, and are never changed';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER agreement_annexes_in_draft BEFORE INSERT OR UPDATE OR DELETE ON agreement_annexes
FOR EACH ROW EXECUTE FUNCTION annex_in_draft();
CREATE TRIGGER agreement_annexes_no_truncate BEFORE TRUNCATE ON agreement_annexes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
