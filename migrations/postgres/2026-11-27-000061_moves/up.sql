ALTER TABLE talk_bookings ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE talk_bookings ADD COLUMN agreed_at TIMESTAMP;
ALTER TABLE talk_bookings ADD COLUMN late_side TEXT CHECK (late_side IN ('investor', 'host'));
ALTER TABLE talk_bookings ADD COLUMN no_show_at TIMESTAMP;
UPDATE talk_bookings SET sequence = version;
UPDATE talk_bookings SET agreed_at = created_at WHERE state = 'confirmed';
CREATE INDEX talk_bookings_coming ON talk_bookings (starts_at) WHERE state = 'confirmed';

ALTER TABLE talk_booking_moves ADD COLUMN from_starts_at TIMESTAMP;
ALTER TABLE talk_booking_moves ADD COLUMN to_starts_at TIMESTAMP;

CREATE TABLE talk_proposals (
    id TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    side TEXT NOT NULL CHECK (side IN ('investor', 'host')),
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    from_starts_at TIMESTAMP NOT NULL,
    to_starts_at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL,
    proposed_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'refused', 'withdrawn', 'expired', 'overtaken')),
    ended_at TIMESTAMP,
    CHECK (from_starts_at <> to_starts_at),
    CHECK (expires_at > proposed_at),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX talk_proposals_one_at_a_time ON talk_proposals (booking_id) WHERE state = 'open';
CREATE INDEX talk_proposals_due ON talk_proposals (expires_at) WHERE state = 'open';

-- The time that a proposal keeps until it is answered; of a booking itself it is empty.
ALTER TABLE talk_slot_claims ADD COLUMN proposal_id TEXT;
CREATE INDEX talk_slot_claims_proposal ON talk_slot_claims (proposal_id) WHERE proposal_id IS NOT NULL;

CREATE TABLE talk_settings (
    name TEXT NOT NULL,
    effective_at TIMESTAMP NOT NULL,
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 720),
    reason TEXT NOT NULL,
    set_by TEXT REFERENCES auth_accounts (id),
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (name, effective_at)
);
INSERT INTO talk_settings (name, effective_at, value, reason, set_by, set_at) VALUES
    ('cancel_notice', '2020-01-01 00:00:00', 24, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('proposal_hours', '2020-01-01 00:00:00', 24, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('no_show_after', '2020-01-01 00:00:00', 10, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('no_show_within', '2020-01-01 00:00:00', 48, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('remind_first', '2020-01-01 00:00:00', 24, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('remind_second', '2020-01-01 00:00:00', 1, '系统初始值', NULL, '2026-11-27 00:00:00'),
    ('offer_hours', '2020-01-01 00:00:00', 4, '系统初始值', NULL, '2026-11-27 00:00:00');

CREATE TABLE talk_reminders (
    booking_id TEXT NOT NULL REFERENCES talk_bookings (id),
    starts_at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('first', 'second')),
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (booking_id, starts_at, kind)
);

CREATE TRIGGER talk_settings_append_only BEFORE UPDATE OR DELETE ON talk_settings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
