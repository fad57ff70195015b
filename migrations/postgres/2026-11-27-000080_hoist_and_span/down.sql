ALTER TABLE map_sites DROP COLUMN span_cm;
ALTER TABLE map_sites DROP COLUMN hoist_kg;
