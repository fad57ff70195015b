DROP TABLE seal_uses;
DROP TABLE seal_steps;
DROP TABLE seals;
DROP FUNCTION seal_is_approved();
DROP FUNCTION seal_begins();
DROP FUNCTION seal_stands();
