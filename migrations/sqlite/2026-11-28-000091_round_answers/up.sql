-- Which annexes the draft took along, as JSON; NULL in rounds from before they were kept.
ALTER TABLE agreement_rounds ADD COLUMN annexes TEXT;

CREATE TABLE agreement_round_answers (
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    round INTEGER NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('accepted', 'declined')),
    reason TEXT,
    draft_round INTEGER,
    by_id TEXT NOT NULL REFERENCES auth_accounts (id),
    by_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (agreement_id, round),
    FOREIGN KEY (agreement_id, round) REFERENCES agreement_rounds (agreement_id, round),
    FOREIGN KEY (agreement_id, draft_round) REFERENCES agreement_rounds (agreement_id, round),
    CHECK ((answer = 'declined') = (reason IS NOT NULL)),
    CHECK ((answer = 'accepted') = (draft_round IS NOT NULL)),
    CHECK (draft_round > round)
);

CREATE TRIGGER agreement_round_answers_no_update BEFORE UPDATE ON agreement_round_answers
BEGIN SELECT RAISE(ABORT, 'agreement round answers is append-only'); END;
CREATE TRIGGER agreement_round_answers_no_delete BEFORE DELETE ON agreement_round_answers
BEGIN SELECT RAISE(ABORT, 'agreement round answers is append-only'); END;
