DROP TABLE lead_credit_slips;
DROP TABLE lead_credit_shares;
DROP TABLE lead_credit_rules;
DROP TABLE lead_calls;
DROP TABLE lead_confirmations;
DROP FUNCTION lead_credit_is_whole, lead_credit_is_made;
