DROP TABLE agreement_archives;

ALTER TABLE agreement_revisions DROP CONSTRAINT agreement_revisions_kind_check;
ALTER TABLE agreement_revisions DISABLE TRIGGER agreement_revisions_append_only;
UPDATE agreement_revisions SET kind = 'stamped' WHERE kind = 'archived';
ALTER TABLE agreement_revisions ENABLE TRIGGER agreement_revisions_append_only;
ALTER TABLE agreement_revisions ADD CONSTRAINT agreement_revisions_kind_check
CHECK (kind IN ('locked', 'signed', 'stamped'));
