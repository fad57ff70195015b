CREATE TABLE map_shortlist_entries (
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    site_id TEXT NOT NULL,
    note TEXT NOT NULL,
    kept_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, site_id)
);

CREATE TABLE map_shares (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 6 AND 32),
    site_ids TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
