DROP TRIGGER map_sites_ticks ON map_sites;
DROP TABLE map_changes;
DROP TABLE map_clock;
DROP TABLE map_red_lines;
DROP TABLE map_site_utilities;
DROP TABLE map_features;
DROP FUNCTION map_tick();
