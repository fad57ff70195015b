DROP TABLE agreement_annexes;
