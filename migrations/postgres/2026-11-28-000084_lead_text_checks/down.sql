DELETE FROM content_checks WHERE subject = 'lead_text';
ALTER TABLE content_checks DROP CONSTRAINT content_checks_subject_check;
ALTER TABLE content_checks ADD CONSTRAINT content_checks_subject_check CHECK (subject IN ('talk_message', 'talk_file', 'lead_attachment'));
