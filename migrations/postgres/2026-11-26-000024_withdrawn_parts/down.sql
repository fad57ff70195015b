DROP TABLE map_withdrawn_parts;
