DROP TABLE agreement_round_answers;
ALTER TABLE agreement_rounds DROP COLUMN annexes;
