DROP TABLE ess_callbacks;
DROP TABLE agreement_flows;
ALTER TABLE agreements DROP COLUMN provider;
