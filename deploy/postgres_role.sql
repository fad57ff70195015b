-- The rights of palm_app, the role by which the program works on PostgreSQL. Run by the owner of the tables, to whom
-- migrations alone belong, once and again after each `palm migrate`:
--   createuser palm_app && psql -d palm -f deploy/postgres_role.sql
-- CREATE lets the program look for the table of its migrations (CREATE TABLE IF NOT EXISTS); it owns no other's table.
GRANT USAGE, CREATE ON SCHEMA public TO palm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO palm_app;
REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM palm_app;

-- The ledger and the chains of evidence only grow, by rights as well as by triggers, which the owner alone can drop.
REVOKE UPDATE, DELETE ON lead_ledger_entries, lead_ledger_nodes, lead_ledger_checkpoints, agreement_evidence FROM palm_app;
-- When the second place had a checkpoint.
GRANT UPDATE (kept_at) ON lead_ledger_checkpoints TO palm_app;
-- The head moves on, and the facts of a lead stand.
REVOKE INSERT, DELETE ON lead_ledger_heads FROM palm_app;
REVOKE UPDATE, DELETE ON leads FROM palm_app;
GRANT UPDATE (state, standing, unit_id) ON leads TO palm_app;
