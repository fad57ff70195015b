DROP INDEX agreements_ending;
DROP TABLE agreement_reminders;
