CREATE TABLE lead_confirmations (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    asked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    asked_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    answer TEXT CHECK (answer IN ('agree', 'disagree', 'later')),
    words TEXT,
    answered_at TIMESTAMP,
    sequence BIGINT,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX lead_confirmations_lead ON lead_confirmations (lead_id, id);

CREATE TABLE lead_calls (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    confirmation_id TEXT NOT NULL REFERENCES lead_confirmations (id),
    called_on DATE NOT NULL,
    called_at TIMESTAMP NOT NULL,
    words TEXT,
    UNIQUE (lead_id, called_on)
);

CREATE TABLE lead_credit_rules (
    version INTEGER NOT NULL PRIMARY KEY CHECK (version > 0),
    effective_at TIMESTAMP NOT NULL UNIQUE,
    first_contact INTEGER NOT NULL CHECK (first_contact >= 0),
    later_contact INTEGER NOT NULL CHECK (later_contact >= 0),
    negotiation INTEGER NOT NULL CHECK (negotiation >= 0),
    passing_on INTEGER NOT NULL CHECK (passing_on >= 0),
    landing INTEGER NOT NULL CHECK (landing > 0),
    reason TEXT NOT NULL,
    set_by TEXT REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL
);
INSERT INTO lead_credit_rules (version, effective_at, first_contact, later_contact, negotiation, passing_on, landing, reason, set_by, set_at)
VALUES (1, '2022-04-22 00:00:00', 50, 5, 10, 5, 40, '初始规则：首次接触与落地承接为主，谈判和转交计次', NULL, '2022-04-22 00:00:00');

CREATE TABLE lead_credit_shares (
    slip_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    part TEXT NOT NULL CHECK (part IN ('first_contact', 'later_contact', 'negotiation', 'passing_on', 'landing')),
    party TEXT NOT NULL,
    unit_id TEXT REFERENCES units (id),
    account_id TEXT REFERENCES auth_accounts (id),
    source TEXT NOT NULL,
    weight INTEGER NOT NULL CHECK (weight >= 0),
    sharers INTEGER NOT NULL CHECK (sharers > 0),
    basis_points INTEGER NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    PRIMARY KEY (slip_id, position)
);
CREATE INDEX lead_credit_shares_account ON lead_credit_shares (account_id);
CREATE INDEX lead_credit_shares_unit ON lead_credit_shares (unit_id);

CREATE TABLE lead_credit_slips (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    number INTEGER NOT NULL CHECK (number > 0),
    rule_version INTEGER NOT NULL REFERENCES lead_credit_rules (version),
    cause TEXT NOT NULL CHECK (cause IN ('acceptance', 'ruling', 'project')),
    made_at TIMESTAMP NOT NULL,
    UNIQUE (lead_id, number)
);

CREATE TRIGGER lead_calls_no_update BEFORE UPDATE ON lead_calls
BEGIN SELECT RAISE(ABORT, 'lead_calls is append-only'); END;
CREATE TRIGGER lead_calls_no_delete BEFORE DELETE ON lead_calls
BEGIN SELECT RAISE(ABORT, 'lead_calls is append-only'); END;
CREATE TRIGGER lead_credit_rules_no_update BEFORE UPDATE ON lead_credit_rules
BEGIN SELECT RAISE(ABORT, 'lead_credit_rules is append-only'); END;
CREATE TRIGGER lead_credit_rules_no_delete BEFORE DELETE ON lead_credit_rules
BEGIN SELECT RAISE(ABORT, 'lead_credit_rules is append-only'); END;
CREATE TRIGGER lead_credit_slips_no_update BEFORE UPDATE ON lead_credit_slips
BEGIN SELECT RAISE(ABORT, 'lead_credit_slips is append-only'); END;
CREATE TRIGGER lead_credit_slips_no_delete BEFORE DELETE ON lead_credit_slips
BEGIN SELECT RAISE(ABORT, 'lead_credit_slips is append-only'); END;
CREATE TRIGGER lead_credit_shares_no_update BEFORE UPDATE ON lead_credit_shares
BEGIN SELECT RAISE(ABORT, 'lead_credit_shares is append-only'); END;
CREATE TRIGGER lead_credit_shares_no_delete BEFORE DELETE ON lead_credit_shares
BEGIN SELECT RAISE(ABORT, 'lead_credit_shares is append-only'); END;
CREATE TRIGGER lead_credit_slips_whole BEFORE INSERT ON lead_credit_slips
WHEN (SELECT COALESCE(SUM(basis_points), 0) FROM lead_credit_shares WHERE slip_id = NEW.id) <> 10000 OR EXISTS (SELECT 1 FROM lead_credit_slips WHERE id = NEW.id OR (lead_id = NEW.lead_id AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'the shares of a credit slip are 10000 basis points'); END;
CREATE TRIGGER lead_credit_shares_made BEFORE INSERT ON lead_credit_shares
WHEN EXISTS (SELECT 1 FROM lead_credit_slips WHERE id = NEW.slip_id)
BEGIN SELECT RAISE(ABORT, 'lead_credit_shares is append-only'); END;
