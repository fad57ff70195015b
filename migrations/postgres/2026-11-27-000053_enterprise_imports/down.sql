DROP TABLE enterprise_imports;
