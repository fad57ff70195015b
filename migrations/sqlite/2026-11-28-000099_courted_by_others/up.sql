-- Whether other units court many is told by the first few open pursuits: in the index by unit, all of the asker's own may
-- stand before them.
CREATE INDEX enterprise_pursuits_open ON enterprise_pursuits (state, touched_at, enterprise_id, unit_id);
