DROP TABLE notification_settings;
DROP INDEX notifications_summary;
ALTER TABLE notifications DROP COLUMN awaits_summary;
ALTER TABLE notification_deliveries DROP COLUMN road;
