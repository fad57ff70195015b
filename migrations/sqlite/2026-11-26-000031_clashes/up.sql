CREATE TABLE lead_settings (
    name TEXT NOT NULL,
    effective_at TIMESTAMP NOT NULL,
    value INTEGER NOT NULL CHECK (value >= 0),
    reason TEXT NOT NULL,
    set_by TEXT REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (name, effective_at)
);
INSERT INTO lead_settings (name, effective_at, value, reason, set_by, set_at) VALUES
    ('clock_level_1', '2022-04-22 00:00:00', 1, '一日未办，提醒承办单位', NULL, '2022-04-22 00:00:00'),
    ('clock_level_2', '2022-04-22 00:00:00', 3, '三日未办，告知招商信息收集专班', NULL, '2022-04-22 00:00:00'),
    ('clock_level_3', '2022-04-22 00:00:00', 7, '七日未办，告知分管负责人', NULL, '2022-04-22 00:00:00'),
    ('clock_level_4', '2022-04-22 00:00:00', 14, '十四日未办，告知主要负责人并收回信息池', NULL, '2022-04-22 00:00:00'),
    ('pause_days', '2022-04-22 00:00:00', 30, '一次暂停的最长天数', NULL, '2022-04-22 00:00:00'),
    ('appeal_days', '2022-04-22 00:00:00', 15, '认定后可申请复核的天数', NULL, '2022-04-22 00:00:00'),
    ('confirm_days', '2022-04-22 00:00:00', 14, '客商确认链接的有效天数', NULL, '2022-04-22 00:00:00'),
    ('pool_claims', '2022-04-22 00:00:00', 5, '一个单位同时认领而未跟进的信息数', NULL, '2022-04-22 00:00:00'),
    ('form_per_phone', '2022-04-22 00:00:00', 3, '公开表单：一个号码一日可提交的次数', NULL, '2022-04-22 00:00:00'),
    ('form_per_address', '2022-04-22 00:00:00', 20, '公开表单：一个地址一日可提交的次数', NULL, '2022-04-22 00:00:00'),
    ('attachments', '2022-04-22 00:00:00', 6, '一条信息的附件数', NULL, '2022-04-22 00:00:00');

CREATE TABLE lead_appeals (
    id TEXT NOT NULL PRIMARY KEY,
    review_id TEXT NOT NULL REFERENCES lead_likeness_reviews (id),
    lead_id TEXT NOT NULL REFERENCES leads (id),
    appealed_by TEXT NOT NULL REFERENCES auth_accounts (id),
    appealed_at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'changed')),
    answer TEXT,
    answered_by TEXT REFERENCES auth_accounts (id),
    answered_at TIMESTAMP,
    UNIQUE (review_id, lead_id),
    CHECK ((state = 'open') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX lead_appeals_one_open ON lead_appeals (review_id) WHERE state = 'open';
CREATE INDEX lead_appeals_state ON lead_appeals (state, id);

CREATE TRIGGER lead_settings_no_update BEFORE UPDATE ON lead_settings
BEGIN SELECT RAISE(ABORT, 'lead_settings is append-only'); END;
CREATE TRIGGER lead_settings_no_delete BEFORE DELETE ON lead_settings
BEGIN SELECT RAISE(ABORT, 'lead_settings is append-only'); END;
