-- Which negotiation task forces a negotiator belongs to (article 11); it goes with the role.
CREATE TABLE auth_task_forces (
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    task_force TEXT NOT NULL CHECK (task_force IN ('manufacturing', 'agriculture', 'services')),
    role TEXT NOT NULL CHECK (role = 'negotiator'),
    PRIMARY KEY (account_id, task_force),
    FOREIGN KEY (account_id, role) REFERENCES auth_roles (account_id, role) ON DELETE CASCADE
);
CREATE INDEX auth_task_forces_members ON auth_task_forces (task_force, account_id);

-- Who has the first talk with the investor, by the last screening.
ALTER TABLE leads ADD COLUMN task_force TEXT CHECK (task_force IN ('manufacturing', 'agriculture', 'services'));
CREATE INDEX leads_task_force ON leads (task_force, id);
-- In whose name a negotiator spoke with the investor.
ALTER TABLE lead_contacts ADD COLUMN task_force TEXT CHECK (task_force IN ('manufacturing', 'agriculture', 'services'));

DROP TRIGGER leads_is_noted ON leads;
CREATE TRIGGER leads_is_noted AFTER INSERT OR DELETE OR UPDATE OF unit_id, task_force ON leads FOR EACH ROW EXECUTE FUNCTION search_note('leads', 'id');

UPDATE leads
SET task_force = (
    SELECT s.task_force FROM lead_screenings s WHERE s.lead_id = leads.id ORDER BY s.id DESC LIMIT 1
)
WHERE state <> 'declined';
