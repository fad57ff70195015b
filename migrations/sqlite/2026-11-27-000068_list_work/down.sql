DROP TRIGGER enterprise_pursuits_follow;
DROP TRIGGER enterprise_pursuits_begin;
CREATE INDEX enterprise_pursuits_unit ON enterprise_pursuits (unit_id, state);
DROP INDEX enterprise_pursuits_listed;
ALTER TABLE enterprise_pursuits DROP COLUMN touched_at;
DROP INDEX enterprise_pursuits_enterprise;
DROP TABLE enterprise_batches;
DROP TABLE saved_views;
