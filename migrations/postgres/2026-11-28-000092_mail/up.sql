-- Where a person's mail goes, once a code mailed there has come back.
ALTER TABLE auth_accounts ADD COLUMN mail TEXT CHECK (length(mail) BETWEEN 3 AND 254);
ALTER TABLE notification_settings ADD COLUMN mail BOOLEAN NOT NULL DEFAULT TRUE;
-- As whoever invited the guest gave it, and what became of the last mail there.
ALTER TABLE talk_guests ADD COLUMN mail TEXT CHECK (length(mail) BETWEEN 3 AND 254);
ALTER TABLE talk_guests ADD COLUMN mailed_at TIMESTAMP;
ALTER TABLE talk_guests ADD COLUMN mail_failure TEXT;

-- A mail to one person about one event: at most one row, so that nobody is told twice.
CREATE TABLE notification_mails (
    id TEXT NOT NULL PRIMARY KEY,
    event_id TEXT NOT NULL,
    account_id TEXT REFERENCES auth_accounts (id),
    guest_id TEXT REFERENCES talk_guests (id),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    page TEXT,
    sealed_link TEXT,
    calendar TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    created_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    ended_at TIMESTAMP,
    failure TEXT,
    UNIQUE (event_id, account_id),
    UNIQUE (event_id, guest_id),
    CHECK ((account_id IS NULL) <> (guest_id IS NULL)),
    CHECK ((state = 'pending') = (ended_at IS NULL)),
    CHECK (state = 'pending' OR (leased_until IS NULL AND sealed_link IS NULL))
);
CREATE INDEX notification_mails_waiting ON notification_mails (due_at) WHERE state = 'pending';
CREATE INDEX notification_mails_account ON notification_mails (account_id, id);
