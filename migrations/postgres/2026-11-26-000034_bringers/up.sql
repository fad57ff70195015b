CREATE TABLE lead_attachments (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (id),
    file_id TEXT NOT NULL UNIQUE REFERENCES files (id),
    kind TEXT NOT NULL CHECK (kind IN ('voice', 'photo', 'paper')),
    added_by TEXT NOT NULL REFERENCES auth_accounts (id),
    added_at TIMESTAMP NOT NULL
);
CREATE INDEX lead_attachments_lead ON lead_attachments (lead_id, id);

CREATE TABLE lead_enquiries (
    id TEXT NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL UNIQUE REFERENCES leads (id),
    phone_hash TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    day DATE NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX lead_enquiries_phone ON lead_enquiries (phone_hash, day);
CREATE INDEX lead_enquiries_address ON lead_enquiries (address_hash, day);

CREATE TABLE lead_appointments (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('consultant', 'chamber')),
    name TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    region TEXT NOT NULL,
    document_no TEXT,
    begins_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    ended_on DATE,
    end_reason TEXT,
    appointed_by TEXT NOT NULL REFERENCES auth_accounts (id),
    appointed_at TIMESTAMP NOT NULL,
    demo BOOLEAN NOT NULL,
    CHECK (ends_on > begins_on),
    CHECK ((ended_on IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX lead_appointments_one_at_a_time ON lead_appointments (account_id) WHERE ended_on IS NULL;
CREATE INDEX lead_appointments_account ON lead_appointments (account_id);

CREATE TABLE lead_appointment_records (
    id TEXT NOT NULL PRIMARY KEY,
    appointment_id TEXT NOT NULL REFERENCES lead_appointments (id),
    kind TEXT NOT NULL CHECK (kind IN ('meeting', 'thanks', 'award')),
    held_on DATE NOT NULL,
    title TEXT NOT NULL,
    amount_fen BIGINT CHECK (amount_fen > 0),
    written_by TEXT NOT NULL REFERENCES auth_accounts (id),
    written_at TIMESTAMP NOT NULL,
    CHECK (amount_fen IS NULL OR kind = 'award')
);
CREATE INDEX lead_appointment_records_of ON lead_appointment_records (appointment_id, held_on);

CREATE TRIGGER lead_attachments_append_only BEFORE UPDATE OR DELETE ON lead_attachments
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_attachments_no_truncate BEFORE TRUNCATE ON lead_attachments
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_enquiries_append_only BEFORE UPDATE OR DELETE ON lead_enquiries
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_enquiries_no_truncate BEFORE TRUNCATE ON lead_enquiries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_appointment_records_append_only BEFORE UPDATE OR DELETE ON lead_appointment_records
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_appointment_records_no_truncate BEFORE TRUNCATE ON lead_appointment_records
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
