-- Those whose turn it is are told some days before the end, once for each.
CREATE TABLE agreement_reminders (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    days_left INTEGER NOT NULL CHECK (days_left IN (1, 3)),
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, days_left)
);
CREATE INDEX agreement_reminders_told ON agreement_reminders (told_at);
CREATE INDEX agreements_ending ON agreements (expires_at) WHERE state = 'signing';
