DROP TABLE lead_escalations;
DROP TABLE lead_pauses;
DROP TABLE lead_clocks;
DROP TABLE lead_contacts;
DROP TABLE lead_pool_places;
DROP TABLE lead_screenings;
