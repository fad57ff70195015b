DROP TABLE lead_appeals;
DROP TABLE lead_settings;
