DROP TABLE seal_uses;
DROP TABLE seal_steps;
DROP TABLE seals;
