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
INSERT INTO map_clock (id, version) VALUES (1, CAST(strftime('%s', 'now') AS INTEGER) * 1000);

-- The version at which each site or feature last changed, also of those that are gone.
CREATE TABLE map_changes (
    subject_id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
CREATE INDEX map_changes_version ON map_changes (version);
CREATE TRIGGER map_sites_insert_ticks AFTER INSERT ON map_sites BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_sites_update_ticks AFTER UPDATE ON map_sites BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_sites_delete_ticks AFTER DELETE ON map_sites BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (OLD.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_features_insert_ticks AFTER INSERT ON map_features BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_features_update_ticks AFTER UPDATE ON map_features BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_features_delete_ticks AFTER DELETE ON map_features BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (OLD.id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_site_utilities_insert_ticks AFTER INSERT ON map_site_utilities BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_site_utilities_update_ticks AFTER UPDATE ON map_site_utilities BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_site_utilities_delete_ticks AFTER DELETE ON map_site_utilities BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (OLD.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_red_lines_insert_ticks AFTER INSERT ON map_red_lines BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_red_lines_update_ticks AFTER UPDATE ON map_red_lines BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (NEW.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER map_red_lines_delete_ticks AFTER DELETE ON map_red_lines BEGIN
    UPDATE map_clock SET version = version + 1;
    INSERT INTO map_changes (subject_id, version) VALUES (OLD.site_id, (SELECT version FROM map_clock))
        ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version;
END;
