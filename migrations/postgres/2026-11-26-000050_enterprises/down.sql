DROP TABLE enterprise_merges;
DROP TABLE enterprise_log_entries;
DROP TABLE enterprise_pursuits;
DROP TABLE enterprise_contacts;
DROP TABLE enterprises;
