-- What a factory building is asked for first besides height and load.
ALTER TABLE map_sites ADD COLUMN hoist_kg INTEGER CHECK (hoist_kg > 0);
ALTER TABLE map_sites ADD COLUMN span_cm INTEGER CHECK (span_cm > 0);
