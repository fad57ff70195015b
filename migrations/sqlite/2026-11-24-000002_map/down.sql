DROP TABLE map_sites;
