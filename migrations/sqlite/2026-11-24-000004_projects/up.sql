CREATE TABLE project_counters (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
);

CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    enterprise_name TEXT NOT NULL,
    credit_code TEXT,
    industry TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    site_id TEXT,
    site_name TEXT,
    booking_id TEXT UNIQUE,
    investor_id TEXT,
    investor_name TEXT,
    intended_investment_fen BIGINT CHECK (intended_investment_fen > 0),
    committed_fen BIGINT CHECK (committed_fen > 0),
    summary TEXT,
    stage TEXT NOT NULL CHECK (stage IN ('candidate', 'in_talks', 'signed', 'landed', 'started', 'completed', 'in_production', 'full_production', 'ended')),
    agreement_id TEXT,
    opened_by TEXT NOT NULL REFERENCES auth_accounts (id),
    opened_at TIMESTAMP NOT NULL,
    last_move INTEGER NOT NULL
);
CREATE INDEX projects_unit ON projects (unit_id, id);
CREATE INDEX projects_investor ON projects (investor_id, id);
CREATE INDEX projects_stage ON projects (stage, id);

CREATE TABLE project_stage_moves (
    project_id TEXT NOT NULL REFERENCES projects (id),
    seq INTEGER NOT NULL,
    stage TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    by_id TEXT,
    by_name TEXT NOT NULL,
    because TEXT NOT NULL,
    PRIMARY KEY (project_id, seq)
);

CREATE TRIGGER project_stage_moves_no_update BEFORE UPDATE ON project_stage_moves
BEGIN SELECT RAISE(ABORT, 'project stage moves are append-only'); END;
CREATE TRIGGER project_stage_moves_no_delete BEFORE DELETE ON project_stage_moves
BEGIN SELECT RAISE(ABORT, 'project stage moves are append-only'); END;
