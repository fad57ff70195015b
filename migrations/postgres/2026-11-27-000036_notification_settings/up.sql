ALTER TABLE notification_deliveries ADD COLUMN road TEXT NOT NULL DEFAULT 'wechat' CHECK (road IN ('wechat', 'sms'));

-- What the next summary of the day tells of.
ALTER TABLE notifications ADD COLUMN awaits_summary BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX notifications_summary ON notifications (account_id) WHERE awaits_summary;

-- When and by which road someone wants to be told outside the app; no row is: each one at once, by WeChat alone.
CREATE TABLE notification_settings (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES auth_accounts (id),
    quiet_from INTEGER CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_until INTEGER CHECK (quiet_until BETWEEN 0 AND 1439),
    rhythm TEXT NOT NULL CHECK (rhythm IN ('at_once', 'daily')),
    daily_minute INTEGER NOT NULL CHECK (daily_minute BETWEEN 0 AND 1439),
    muted TEXT NOT NULL,
    sms BOOLEAN NOT NULL,
    summary_at TIMESTAMP,
    updated_at TIMESTAMP NOT NULL,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK (quiet_from <> quiet_until),
    CHECK ((rhythm = 'daily') = (summary_at IS NOT NULL))
);
CREATE INDEX notification_settings_due ON notification_settings (summary_at) WHERE summary_at IS NOT NULL;
