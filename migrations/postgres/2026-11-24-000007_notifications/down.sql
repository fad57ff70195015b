DROP TABLE notification_deliveries;
DROP TABLE notification_subscriptions;
DROP TABLE notifications;
