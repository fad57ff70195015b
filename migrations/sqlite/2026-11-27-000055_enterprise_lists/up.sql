-- Every filter of the library walks an index in the order of the list, however many enterprises there are; and the
-- last contacts of the enterprises on a page are read from an index alone.
CREATE INDEX enterprises_of_industry ON enterprises (industry, touched_at, id) WHERE merged_into IS NULL;
CREATE INDEX enterprises_on_link ON enterprises (chain_link, touched_at, id) WHERE merged_into IS NULL;
CREATE INDEX enterprise_log_entries_contacts ON enterprise_log_entries (enterprise_id, unit_id, kind, at);
-- Nearly none is merged: an index of all that are not would tempt a planner to sort the whole library.
DROP INDEX enterprises_merged;
CREATE INDEX enterprises_merged ON enterprises (merged_into) WHERE merged_into IS NOT NULL;
