CREATE TABLE ceremonies (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    title TEXT NOT NULL,
    title_en TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    programme TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    created_by TEXT NOT NULL REFERENCES auth_accounts (id),
    created_at TIMESTAMP NOT NULL,
    opened_at TIMESTAMP,
    closed_at TIMESTAMP,
    CHECK ((state = 'draft') = (opened_at IS NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX ceremonies_unit ON ceremonies (unit_id, id);

CREATE TABLE ceremony_agreements (
    ceremony_id TEXT NOT NULL REFERENCES ceremonies (id),
    seq INTEGER NOT NULL,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    PRIMARY KEY (ceremony_id, seq),
    UNIQUE (ceremony_id, agreement_id)
);
CREATE INDEX ceremony_agreements_agreement ON ceremony_agreements (agreement_id);
