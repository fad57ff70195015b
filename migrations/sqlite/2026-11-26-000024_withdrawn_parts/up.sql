-- What a site had besides its content when it was withdrawn, for its return.
CREATE TABLE map_withdrawn_parts (
    version_id TEXT NOT NULL PRIMARY KEY REFERENCES map_site_versions (id),
    red_line TEXT,
    utilities TEXT NOT NULL
);
