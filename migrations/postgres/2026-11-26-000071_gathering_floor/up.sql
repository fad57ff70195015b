CREATE TABLE gathering_questions (
    id TEXT NOT NULL PRIMARY KEY,
    gathering_id TEXT NOT NULL REFERENCES gatherings (id),
    asked_by TEXT NOT NULL REFERENCES auth_accounts (id),
    words TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'shown', 'hidden')),
    asked_at TIMESTAMP NOT NULL,
    ruled_by TEXT REFERENCES auth_accounts (id),
    ruled_at TIMESTAMP,
    answer TEXT,
    answered_by TEXT REFERENCES auth_accounts (id),
    answered_at TIMESTAMP,
    CHECK ((state = 'asked') = (ruled_at IS NULL)),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX gathering_questions_gathering ON gathering_questions (gathering_id, id);

CREATE TABLE gathering_votes (
    question_id TEXT NOT NULL REFERENCES gathering_questions (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (question_id, account_id)
);

CREATE TABLE gathering_leads (
    gathering_id TEXT NOT NULL REFERENCES gatherings (id),
    account_id TEXT NOT NULL REFERENCES auth_accounts (id),
    lead_id TEXT NOT NULL UNIQUE REFERENCES leads (id),
    opened_by TEXT NOT NULL REFERENCES auth_accounts (id),
    opened_at TIMESTAMP NOT NULL,
    PRIMARY KEY (gathering_id, account_id)
);
