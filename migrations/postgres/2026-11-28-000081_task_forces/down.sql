DROP TRIGGER leads_is_noted ON leads;
CREATE TRIGGER leads_is_noted AFTER INSERT OR DELETE OR UPDATE OF unit_id ON leads FOR EACH ROW EXECUTE FUNCTION search_note('leads', 'id');
ALTER TABLE lead_contacts DROP COLUMN task_force;
DROP INDEX leads_task_force;
ALTER TABLE leads DROP COLUMN task_force;
DROP TABLE auth_task_forces;
