DROP TABLE ceremony_agreements;
DROP TABLE ceremonies;
