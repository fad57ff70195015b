DROP INDEX enterprises_of_region;
DROP INDEX enterprises_of_scale;
