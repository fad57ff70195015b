CREATE TABLE notifications (
    id TEXT NOT NULL PRIMARY KEY,
    event_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    title_en TEXT NOT NULL,
    body TEXT NOT NULL,
    body_en TEXT NOT NULL,
    link TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP,
    UNIQUE (event_id, account_id)
);
CREATE INDEX notifications_inbox ON notifications (account_id, id);
CREATE INDEX notifications_unread ON notifications (account_id, id) WHERE read_at IS NULL;

CREATE TABLE notification_subscriptions (
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    template_key TEXT NOT NULL,
    credits INTEGER NOT NULL CHECK (credits >= 0),
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, template_key)
);

CREATE TABLE notification_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    event_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    template_key TEXT NOT NULL,
    page TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'refused', 'failed')),
    attempts INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    ended_at TIMESTAMP,
    failure TEXT,
    UNIQUE (event_id, account_id)
);
CREATE INDEX notification_deliveries_waiting ON notification_deliveries (due_at) WHERE state = 'pending';
