ALTER TABLE talk_hosts ADD COLUMN buffer_minutes INTEGER NOT NULL DEFAULT 0 CHECK (buffer_minutes IN (0, 15, 30, 45, 60));
ALTER TABLE talk_hosts ADD COLUMN notice_hours INTEGER NOT NULL DEFAULT 2 CHECK (notice_hours BETWEEN 1 AND 336);

ALTER TABLE talk_bookings ADD COLUMN hosting TEXT NOT NULL DEFAULT 'one' CHECK (hosting IN ('one', 'any', 'all'));
CREATE TABLE talk_booking_hosts (
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    host_id TEXT NOT NULL REFERENCES auth_accounts (id),
    host_name TEXT NOT NULL,
    buffer_minutes INTEGER NOT NULL CHECK (buffer_minutes BETWEEN 0 AND 60),
    PRIMARY KEY (booking_id, position),
    UNIQUE (booking_id, host_id)
);
CREATE INDEX talk_booking_hosts_host ON talk_booking_hosts (host_id, booking_id);
INSERT INTO talk_booking_hosts (booking_id, position, host_id, host_name, buffer_minutes)
SELECT id, 0, host_id, host_name, 0 FROM talk_bookings;

CREATE TABLE talk_holiday_years (
    year INTEGER NOT NULL PRIMARY KEY CHECK (year BETWEEN 2020 AND 2199),
    source TEXT NOT NULL,
    source_url TEXT,
    published_on DATE NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    set_by TEXT REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL
);
CREATE TABLE talk_holidays (
    year INTEGER NOT NULL REFERENCES talk_holiday_years (year),
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('off', 'work')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    follows_weekday INTEGER CHECK (follows_weekday BETWEEN 1 AND 7),
    PRIMARY KEY (year, from_on),
    CHECK (from_on <= to_on),
    CHECK (kind = 'work' OR follows_weekday IS NULL)
);

INSERT INTO talk_holiday_years (year, source, source_url, published_on, version, set_by, set_at)
VALUES (2026, '国务院办公厅关于2026年部分节假日安排的通知', 'https://politics.gmw.cn/2025-11/04/content_38391083.htm', '2025-11-04', 1, NULL, '2026-11-26 00:00:00');
INSERT INTO talk_holidays (year, from_on, to_on, kind, name_zh, name_en) VALUES
    (2026, '2026-01-01', '2026-01-03', 'off', '元旦', 'New Year'),
    (2026, '2026-01-04', '2026-01-04', 'work', '元旦调休上班', 'Working day for the New Year'),
    (2026, '2026-02-14', '2026-02-14', 'work', '春节调休上班', 'Working day for the Spring Festival'),
    (2026, '2026-02-15', '2026-02-23', 'off', '春节', 'Spring Festival'),
    (2026, '2026-02-28', '2026-02-28', 'work', '春节调休上班', 'Working day for the Spring Festival'),
    (2026, '2026-04-04', '2026-04-06', 'off', '清明节', 'Qingming'),
    (2026, '2026-05-01', '2026-05-05', 'off', '劳动节', 'Labour Day'),
    (2026, '2026-05-09', '2026-05-09', 'work', '劳动节调休上班', 'Working day for Labour Day'),
    (2026, '2026-06-19', '2026-06-21', 'off', '端午节', 'Dragon Boat Festival'),
    (2026, '2026-09-20', '2026-09-20', 'work', '国庆节调休上班', 'Working day for National Day'),
    (2026, '2026-09-25', '2026-09-27', 'off', '中秋节', 'Mid-Autumn Festival'),
    (2026, '2026-10-01', '2026-10-07', 'off', '国庆节', 'National Day'),
    (2026, '2026-10-10', '2026-10-10', 'work', '国庆节调休上班', 'Working day for National Day');
