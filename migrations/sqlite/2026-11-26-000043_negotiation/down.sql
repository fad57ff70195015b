DROP TABLE agreement_approvals;
DROP TABLE agreement_rounds;
ALTER TABLE agreements DROP COLUMN shared_at;
