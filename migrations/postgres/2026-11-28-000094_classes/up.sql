-- The article asks for a classification and names no rule: these values are the program's own until the bureau sets others.
CREATE TABLE class_settings (
    name TEXT NOT NULL CHECK (name IN (
        'class_a', 'class_b', 'chain_gap', 'chain_link', 'chain_industry', 'hometown_tie', 'contact_days', 'contact_recent',
        'courting_contacted', 'courting_open', 'scale_large', 'scale_medium', 'scale_small'
    )),
    effective_at TIMESTAMP NOT NULL,
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 1000),
    reason TEXT NOT NULL,
    set_by TEXT REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (name, effective_at)
);
INSERT INTO class_settings (name, effective_at, value, reason, set_by, set_at)
SELECT name, TIMESTAMP '2022-04-22 00:00:00', value, '平台初始值，待市商务局确定', NULL, TIMESTAMP '2022-04-22 00:00:00' FROM (
    SELECT 'class_a' AS name, 70 AS value
    UNION ALL SELECT 'class_b', 40
    UNION ALL SELECT 'chain_gap', 30
    UNION ALL SELECT 'chain_link', 25
    UNION ALL SELECT 'chain_industry', 15
    UNION ALL SELECT 'hometown_tie', 15
    UNION ALL SELECT 'contact_days', 90
    UNION ALL SELECT 'contact_recent', 15
    UNION ALL SELECT 'courting_contacted', 20
    UNION ALL SELECT 'courting_open', 10
    UNION ALL SELECT 'scale_large', 20
    UNION ALL SELECT 'scale_medium', 15
    UNION ALL SELECT 'scale_small', 5
) AS first_values;

CREATE TRIGGER class_settings_append_only BEFORE UPDATE OR DELETE ON class_settings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER class_settings_no_truncate BEFORE TRUNCATE ON class_settings
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
