DROP TABLE class_settings;
