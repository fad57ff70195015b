DROP TABLE agreement_annexes;
DROP FUNCTION annex_in_draft;
