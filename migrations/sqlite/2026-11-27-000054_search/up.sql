-- What the search has to read again, each row once: whoever changes what can be found notes it in the same transaction.
-- `mark` grows: one writer at a time takes the next number.
CREATE TABLE search_changes (
    source TEXT NOT NULL,
    row_id TEXT NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (source, row_id)
);
CREATE INDEX search_changes_mark ON search_changes (mark);

CREATE TRIGGER enterprises_insert_is_noted AFTER INSERT ON enterprises BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprises', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER enterprises_update_is_noted AFTER UPDATE OF name, credit_code, name_key, chain_link, region, merged_into, demo ON enterprises BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprises', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER enterprises_delete_is_noted AFTER DELETE ON enterprises BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprises', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER enterprise_contacts_insert_is_noted AFTER INSERT ON enterprise_contacts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprise_contacts', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER enterprise_contacts_update_is_noted AFTER UPDATE OF name, title, unit_id, removed_at ON enterprise_contacts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprise_contacts', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER enterprise_contacts_delete_is_noted AFTER DELETE ON enterprise_contacts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('enterprise_contacts', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER map_sites_insert_is_noted AFTER INSERT ON map_sites BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('map_sites', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER map_sites_update_is_noted AFTER UPDATE OF kind, name, name_en, former_names, unit_id, park_id, demo ON map_sites BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('map_sites', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER map_sites_delete_is_noted AFTER DELETE ON map_sites BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('map_sites', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER content_pages_insert_is_noted AFTER INSERT ON content_pages BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('content_pages', NEW.slug, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER content_pages_update_is_noted AFTER UPDATE OF kind, title, title_en, summary, summary_en, steps, document_no, issuer, issuer_en, demo ON content_pages BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('content_pages', NEW.slug, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER content_pages_delete_is_noted AFTER DELETE ON content_pages BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('content_pages', OLD.slug, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER projects_insert_is_noted AFTER INSERT ON projects BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('projects', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER projects_update_is_noted AFTER UPDATE OF name, enterprise_name, credit_code, unit_id, site_name, investor_id, investor_name ON projects BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('projects', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER projects_delete_is_noted AFTER DELETE ON projects BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('projects', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER leads_insert_is_noted AFTER INSERT ON leads BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('leads', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER leads_update_is_noted AFTER UPDATE OF unit_id ON leads BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('leads', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER leads_delete_is_noted AFTER DELETE ON leads BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('leads', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER talk_bookings_insert_is_noted AFTER INSERT ON talk_bookings WHEN NEW.state <> 'held' BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('talk_bookings', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER talk_bookings_update_is_noted AFTER UPDATE OF unit_id, host_id, host_name, investor_id, investor_name, site_name, topic, state, starts_at ON talk_bookings BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('talk_bookings', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER talk_bookings_delete_is_noted AFTER DELETE ON talk_bookings BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('talk_bookings', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreements_insert_is_noted AFTER INSERT ON agreements BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreements_update_is_noted AFTER UPDATE OF number, project_name, unit_id, dispatched_at, shared_at ON agreements BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreements_delete_is_noted AFTER DELETE ON agreements BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreement_parties_insert_is_noted AFTER INSERT ON agreement_parties BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', NEW.agreement_id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreement_parties_update_is_noted AFTER UPDATE OF organisation, account_id ON agreement_parties BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', NEW.agreement_id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER agreement_parties_delete_is_noted AFTER DELETE ON agreement_parties BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('agreements', OLD.agreement_id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER gatherings_insert_is_noted AFTER INSERT ON gatherings BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('gatherings', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER gatherings_update_is_noted AFTER UPDATE OF unit_id, title, plan, starts_at, published_at ON gatherings BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('gatherings', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER gatherings_delete_is_noted AFTER DELETE ON gatherings BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('gatherings', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER auth_accounts_insert_is_noted AFTER INSERT ON auth_accounts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('auth_accounts', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER auth_accounts_update_is_noted AFTER UPDATE OF name, unit_id, demo ON auth_accounts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('auth_accounts', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER auth_accounts_delete_is_noted AFTER DELETE ON auth_accounts BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('auth_accounts', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER units_insert_is_noted AFTER INSERT ON units BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('units', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER units_update_is_noted AFTER UPDATE OF name, short_name, name_en, former_names ON units BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('units', NEW.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
CREATE TRIGGER units_delete_is_noted AFTER DELETE ON units BEGIN
    INSERT INTO search_changes (source, row_id, mark)
    VALUES ('units', OLD.id, (SELECT COALESCE(MAX(mark), 0) + 1 FROM search_changes))
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
END;
