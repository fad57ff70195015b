DROP INDEX enterprises_link;
DROP TABLE chain_versions;
