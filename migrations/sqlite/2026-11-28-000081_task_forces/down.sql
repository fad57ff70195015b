DROP TRIGGER leads_update_is_noted;
CREATE TRIGGER leads_update_is_noted AFTER UPDATE OF unit_id ON leads BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('leads', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
ALTER TABLE lead_contacts DROP COLUMN task_force;
DROP INDEX leads_task_force;
ALTER TABLE leads DROP COLUMN task_force;
DROP TABLE auth_task_forces;
