DROP TRIGGER map_sites_insert_ticks;
DROP TRIGGER map_sites_update_ticks;
DROP TRIGGER map_sites_delete_ticks;
DROP TABLE map_changes;
DROP TABLE map_clock;
DROP TABLE map_red_lines;
DROP TABLE map_site_utilities;
DROP TABLE map_features;
