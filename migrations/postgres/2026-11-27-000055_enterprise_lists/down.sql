DROP INDEX enterprises_merged;
CREATE INDEX enterprises_merged ON enterprises (merged_into);
DROP INDEX enterprise_log_entries_contacts;
DROP INDEX enterprises_on_link;
DROP INDEX enterprises_of_industry;
