DROP TABLE lead_projects;
DROP TABLE talk_availability_exceptions;
DROP TABLE talk_hosts;
