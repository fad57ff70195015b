DROP INDEX agreements_rescission;
DROP INDEX agreements_origin;
