DROP TABLE gathering_check_ins;
DROP TABLE gathering_registrations;
DROP TABLE gatherings;
DROP FUNCTION count_gathering_registration();
