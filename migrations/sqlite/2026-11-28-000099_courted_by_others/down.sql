DROP INDEX enterprise_pursuits_open;
