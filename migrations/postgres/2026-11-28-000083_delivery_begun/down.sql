ALTER TABLE notification_deliveries DROP COLUMN begun_at;
