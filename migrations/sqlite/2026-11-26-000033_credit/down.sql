DROP TABLE lead_credit_slips;
DROP TABLE lead_credit_shares;
DROP TABLE lead_credit_rules;
DROP TABLE lead_calls;
DROP TABLE lead_confirmations;
