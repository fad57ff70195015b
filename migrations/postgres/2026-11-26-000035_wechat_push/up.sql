-- What WeChat pushed, one row for each part; a repeat finds its key taken.
CREATE TABLE wechat_pushes (
    id TEXT NOT NULL PRIMARY KEY,
    dedup_key TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    open_id TEXT NOT NULL,
    content TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    ended_at TIMESTAMP,
    outcome TEXT CHECK (outcome IN ('done', 'kept', 'failed')),
    note TEXT,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX wechat_pushes_waiting ON wechat_pushes (due_at) WHERE ended_at IS NULL;

-- Who took a consent back or closed their account at WeChat: what a person must still decide about.
CREATE TABLE wechat_rights_tasks (
    id TEXT NOT NULL PRIMARY KEY,
    push_id TEXT NOT NULL UNIQUE REFERENCES wechat_pushes (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    wish TEXT NOT NULL CHECK (wish IN ('revocation', 'cancellation')),
    kinds TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    settled_by TEXT REFERENCES auth_accounts (id),
    settled_at TIMESTAMP,
    note TEXT,
    CHECK ((settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (note IS NULL))
);
CREATE INDEX wechat_rights_tasks_open ON wechat_rights_tasks (id) WHERE settled_at IS NULL;

ALTER TABLE notification_deliveries ADD COLUMN message_id TEXT;
CREATE INDEX notification_deliveries_message ON notification_deliveries (message_id) WHERE message_id IS NOT NULL;
