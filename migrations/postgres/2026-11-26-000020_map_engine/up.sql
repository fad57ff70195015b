-- What is near a site: enterprises, utilities and transport hubs. `available` is what is left of `total`, in the
-- unit of the utility: kVA of power, t/d of water and sewage, m3/h of gas, t/h of steam.
CREATE TABLE map_features (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'substation', 'waterworks', 'sewage_plant', 'gas_station', 'steam_plant', 'rail_station', 'high_speed_rail_station', 'motorway_junction', 'port', 'airport')),
    unit_id TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    name_en TEXT,
    longitude_wgs84 DOUBLE PRECISION NOT NULL CHECK (longitude_wgs84 BETWEEN -180 AND 180),
    latitude_wgs84 DOUBLE PRECISION NOT NULL CHECK (latitude_wgs84 BETWEEN -90 AND 90),
    precision TEXT NOT NULL CHECK (precision IN ('exact', 'park', 'district')),
    industries TEXT NOT NULL,
    chain_link TEXT,
    chain_link_en TEXT,
    total BIGINT CHECK (total >= 0),
    available BIGINT CHECK (available >= 0),
    source TEXT NOT NULL,
    source_en TEXT,
    source_on DATE,
    checked_on DATE,
    checked_by TEXT,
    demo BOOLEAN NOT NULL,
    CHECK (available IS NULL OR total IS NULL OR available <= total)
);
CREATE INDEX map_features_place ON map_features (longitude_wgs84, latitude_wgs84);

-- What is at hand at a site, or at a park for every site in it that says nothing else. An unknown amount is null.
CREATE TABLE map_site_utilities (
    site_id TEXT NOT NULL REFERENCES map_sites (id) ON DELETE CASCADE,
    utility TEXT NOT NULL CHECK (utility IN ('power', 'water', 'sewage', 'gas', 'steam')),
    available BIGINT CHECK (available >= 0),
    source TEXT NOT NULL,
    source_en TEXT,
    source_on DATE,
    checked_on DATE,
    demo BOOLEAN NOT NULL,
    PRIMARY KEY (site_id, utility)
);

-- The red line of a parcel: [[longitude, latitude], ...] in WGS-84, closed, exterior only.
CREATE TABLE map_red_lines (
    site_id TEXT NOT NULL PRIMARY KEY REFERENCES map_sites (id) ON DELETE CASCADE,
    ring_wgs84 TEXT NOT NULL,
    source TEXT NOT NULL,
    source_en TEXT,
    source_on DATE,
    demo BOOLEAN NOT NULL
);

-- The clock of the map goes on by one with every change, whoever makes it; its row is held until the commit, so that
-- versions are committed in their order. It begins at the time, so that a new database is no older version of another.
CREATE TABLE map_clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO map_clock (id, version) VALUES (1, CAST(extract(epoch FROM now()) AS BIGINT) * 1000);

-- The version at which each site or feature last changed, also of those that are gone.
CREATE TABLE map_changes (
    subject_id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
CREATE INDEX map_changes_version ON map_changes (version);

CREATE FUNCTION map_tick() RETURNS trigger AS $$
DECLARE
    subject TEXT;
    now_at BIGINT;
BEGIN
    subject := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ->> TG_ARGV[0] ELSE to_jsonb(NEW) ->> TG_ARGV[0] END;
    UPDATE map_clock SET version = version + 1 RETURNING version INTO now_at;
    INSERT INTO map_changes (subject_id, version) VALUES (subject, now_at)
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER map_sites_ticks AFTER INSERT OR UPDATE OR DELETE ON map_sites FOR EACH ROW EXECUTE FUNCTION map_tick('id');
CREATE TRIGGER map_features_ticks AFTER INSERT OR UPDATE OR DELETE ON map_features FOR EACH ROW EXECUTE FUNCTION map_tick('id');
CREATE TRIGGER map_site_utilities_ticks AFTER INSERT OR UPDATE OR DELETE ON map_site_utilities FOR EACH ROW EXECUTE FUNCTION map_tick('site_id');
CREATE TRIGGER map_red_lines_ticks AFTER INSERT OR UPDATE OR DELETE ON map_red_lines FOR EACH ROW EXECUTE FUNCTION map_tick('site_id');
