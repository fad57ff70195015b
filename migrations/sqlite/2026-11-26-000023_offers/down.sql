DROP TABLE offer_readings;
DROP TABLE offers;
