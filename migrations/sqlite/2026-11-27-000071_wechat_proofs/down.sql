DROP TABLE auth_name_checks;
DROP TABLE auth_phone_uses;
