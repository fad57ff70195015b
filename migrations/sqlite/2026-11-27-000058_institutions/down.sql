DROP TABLE institution_agreements;
DROP TABLE institution_bringers;
DROP TABLE institution_log_entries;
DROP TABLE institution_contacts;
DROP TABLE institution_industries;
DROP TABLE institution_regions;
DROP TABLE institutions;
