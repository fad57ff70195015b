DROP TABLE map_site_reminders;
DROP TABLE map_site_reports;
DROP TABLE map_site_checks;
DROP TABLE map_site_photos;
DROP TABLE map_site_versions;
DROP TABLE map_imports;
