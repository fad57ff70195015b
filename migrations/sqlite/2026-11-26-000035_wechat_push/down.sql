DROP INDEX notification_deliveries_message;
ALTER TABLE notification_deliveries DROP COLUMN message_id;
DROP TABLE wechat_rights_tasks;
DROP TABLE wechat_pushes;
