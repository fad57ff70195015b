DROP TABLE notification_mails;
ALTER TABLE talk_guests DROP COLUMN mail_failure;
ALTER TABLE talk_guests DROP COLUMN mailed_at;
ALTER TABLE talk_guests DROP COLUMN mail;
ALTER TABLE notification_settings DROP COLUMN mail;
ALTER TABLE auth_accounts DROP COLUMN mail;
