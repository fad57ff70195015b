DROP TABLE gathering_leads;
DROP TABLE gathering_votes;
DROP TABLE gathering_questions;
