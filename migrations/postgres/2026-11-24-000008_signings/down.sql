DROP TABLE agreement_evidence;
DROP TABLE agreement_revisions;
DROP TABLE agreement_parties;
DROP TABLE agreements;
DROP TABLE agreement_counters;
