-- The phone that an old client hands over encrypted is taken once; kept for as long as its time stamp is believed.
CREATE TABLE auth_phone_uses (
    sha256 TEXT NOT NULL PRIMARY KEY,
    used_at TIMESTAMP NOT NULL
);
CREATE INDEX auth_phone_uses_age ON auth_phone_uses (used_at);

-- WeChat's real-person checks: that a name was confirmed and when; never the number of the card, nor a hash of it.
CREATE TABLE auth_name_checks (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    open_id TEXT NOT NULL,
    name TEXT NOT NULL,
    verify_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'passed', 'failed')),
    begun_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX auth_name_checks_account ON auth_name_checks (account_id, begun_at);
CREATE UNIQUE INDEX auth_name_checks_passed ON auth_name_checks (account_id) WHERE state = 'passed';
