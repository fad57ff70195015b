CREATE TABLE gatherings (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    title TEXT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    closes_at TIMESTAMP NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity BETWEEN 1 AND 20000),
    firm_limit INTEGER NOT NULL CHECK (firm_limit BETWEEN 1 AND 100),
    taken INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    plan TEXT NOT NULL,
    proposal TEXT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'cancelled')),
    version INTEGER NOT NULL CHECK (version > 0),
    written_by TEXT REFERENCES auth_accounts (id),
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_at TIMESTAMP NOT NULL,
    published_by TEXT REFERENCES auth_accounts (id),
    published_from TEXT REFERENCES auth_accounts (id),
    published_at TIMESTAMP,
    cancelled_by TEXT REFERENCES auth_accounts (id),
    cancelled_at TIMESTAMP,
    cancel_reason TEXT,
    demo BOOLEAN NOT NULL,
    CHECK (taken BETWEEN 0 AND capacity),
    CHECK (starts_at < ends_at),
    CHECK (closes_at <= ends_at),
    CHECK (published_by <> published_from),
    CHECK ((published_at IS NULL) = (published_by IS NULL)),
    CHECK (state <> 'published' OR published_at IS NOT NULL),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
);
CREATE INDEX gatherings_starts ON gatherings (starts_at, id);
CREATE INDEX gatherings_unit ON gatherings (unit_id, id);

CREATE TABLE gathering_registrations (
    id TEXT NOT NULL PRIMARY KEY,
    gathering_id TEXT NOT NULL REFERENCES gatherings (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    firm TEXT NOT NULL,
    firm_key TEXT NOT NULL,
    answers TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('platform', 'shared', 'poster', 'invited', 'other')),
    state TEXT NOT NULL CHECK (state IN ('seated', 'waiting', 'given_back')),
    registered_at TIMESTAMP NOT NULL,
    seated_at TIMESTAMP,
    given_back_at TIMESTAMP,
    ticket_hash TEXT NOT NULL UNIQUE,
    CHECK (state <> 'seated' OR seated_at IS NOT NULL),
    CHECK ((state = 'given_back') = (given_back_at IS NOT NULL))
);
CREATE UNIQUE INDEX gathering_registrations_one_each ON gathering_registrations (gathering_id, account_id)
WHERE state <> 'given_back';
CREATE INDEX gathering_registrations_account ON gathering_registrations (account_id, id);
CREATE INDEX gathering_registrations_line ON gathering_registrations (gathering_id, state, registered_at, id);
CREATE INDEX gathering_registrations_firm ON gathering_registrations (gathering_id, firm_key);

CREATE TABLE gathering_check_ins (
    registration_id TEXT NOT NULL PRIMARY KEY REFERENCES gathering_registrations (id),
    gathering_id TEXT NOT NULL REFERENCES gatherings (id),
    way TEXT NOT NULL CHECK (way IN ('scan', 'hand', 'live')),
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    received_at TIMESTAMP NOT NULL,
    phone_at TIMESTAMP
);
CREATE INDEX gathering_check_ins_gathering ON gathering_check_ins (gathering_id);

CREATE FUNCTION count_gathering_registration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE g gatherings%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Holds the gathering's row: who comes next counts after this one.
        UPDATE gatherings SET
            taken = taken + (NEW.state = 'seated')::INTEGER,
            waiting = waiting + (NEW.state = 'waiting')::INTEGER
        WHERE id = NEW.gathering_id RETURNING * INTO g;
        IF g.state <> 'published' OR NEW.registered_at >= g.closes_at THEN
            RAISE EXCEPTION 'registration is closed';
        END IF;
        IF (
            SELECT COUNT(*) FROM gathering_registrations AS r
            WHERE r.gathering_id = NEW.gathering_id AND r.firm_key = NEW.firm_key AND r.state <> 'given_back'
        ) > g.firm_limit THEN
            RAISE EXCEPTION 'more of one firm than allowed';
        END IF;
    ELSE
        UPDATE gatherings SET
            taken = taken + (NEW.state = 'seated')::INTEGER - (OLD.state = 'seated')::INTEGER,
            waiting = waiting + (NEW.state = 'waiting')::INTEGER - (OLD.state = 'waiting')::INTEGER
        WHERE id = NEW.gathering_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gathering_registrations_counted AFTER INSERT OR UPDATE OF state ON gathering_registrations
FOR EACH ROW EXECUTE FUNCTION count_gathering_registration();
CREATE TRIGGER gathering_registrations_stay BEFORE DELETE ON gathering_registrations
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gathering_check_ins_append_only BEFORE UPDATE OR DELETE ON gathering_check_ins
FOR EACH ROW EXECUTE FUNCTION refuse_change();
