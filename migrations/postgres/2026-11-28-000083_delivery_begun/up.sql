-- Written just before a message goes out: what a dead worker had taken but not begun is sent by another.
ALTER TABLE notification_deliveries ADD COLUMN begun_at TIMESTAMP CHECK (begun_at IS NULL OR NOT (leased_until IS NULL AND ended_at IS NULL));
-- Of what was in hand it is not known.
UPDATE notification_deliveries SET begun_at = leased_until;
