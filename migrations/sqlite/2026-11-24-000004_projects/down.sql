DROP TABLE project_stage_moves;
DROP TABLE projects;
DROP TABLE project_counters;
