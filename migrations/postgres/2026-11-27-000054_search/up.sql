-- What the search has to read again, each row once: whoever changes what can be found notes it in the same transaction.
-- `mark` grows: it is the number of the transaction, so that writers do not wait for each other, and a reader
-- who asks again from the oldest transaction that was still running misses none.
CREATE TABLE search_changes (
    source TEXT NOT NULL,
    row_id TEXT NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (source, row_id)
);
CREATE INDEX search_changes_mark ON search_changes (mark);

CREATE FUNCTION search_note() RETURNS trigger AS $$
DECLARE
    subject TEXT;
BEGIN
    subject := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ->> TG_ARGV[1] ELSE to_jsonb(NEW) ->> TG_ARGV[1] END;
    INSERT INTO search_changes (source, row_id, mark)
    VALUES (TG_ARGV[0], subject, pg_current_xact_id()::text::bigint)
        ON CONFLICT (source, row_id) DO UPDATE SET mark = excluded.mark;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER enterprises_is_noted AFTER INSERT OR DELETE OR UPDATE OF name, credit_code, name_key, chain_link, region, merged_into, demo ON enterprises FOR EACH ROW EXECUTE FUNCTION search_note('enterprises', 'id');
CREATE TRIGGER enterprise_contacts_is_noted AFTER INSERT OR DELETE OR UPDATE OF name, title, unit_id, removed_at ON enterprise_contacts FOR EACH ROW EXECUTE FUNCTION search_note('enterprise_contacts', 'id');
CREATE TRIGGER map_sites_is_noted AFTER INSERT OR DELETE OR UPDATE OF kind, name, name_en, former_names, unit_id, park_id, demo ON map_sites FOR EACH ROW EXECUTE FUNCTION search_note('map_sites', 'id');
CREATE TRIGGER content_pages_is_noted AFTER INSERT OR DELETE OR UPDATE OF kind, title, title_en, summary, summary_en, steps, document_no, issuer, issuer_en, demo ON content_pages FOR EACH ROW EXECUTE FUNCTION search_note('content_pages', 'slug');
CREATE TRIGGER projects_is_noted AFTER INSERT OR DELETE OR UPDATE OF name, enterprise_name, credit_code, unit_id, site_name, investor_id, investor_name ON projects FOR EACH ROW EXECUTE FUNCTION search_note('projects', 'id');
CREATE TRIGGER leads_is_noted AFTER INSERT OR DELETE OR UPDATE OF unit_id ON leads FOR EACH ROW EXECUTE FUNCTION search_note('leads', 'id');
CREATE TRIGGER talk_bookings_insert_is_noted AFTER INSERT ON talk_bookings FOR EACH ROW WHEN (NEW.state <> 'held') EXECUTE FUNCTION search_note('talk_bookings', 'id');
CREATE TRIGGER talk_bookings_is_noted AFTER DELETE OR UPDATE OF unit_id, host_id, host_name, investor_id, investor_name, site_name, topic, state, starts_at ON talk_bookings FOR EACH ROW EXECUTE FUNCTION search_note('talk_bookings', 'id');
CREATE TRIGGER agreements_is_noted AFTER INSERT OR DELETE OR UPDATE OF number, project_name, unit_id, dispatched_at, shared_at ON agreements FOR EACH ROW EXECUTE FUNCTION search_note('agreements', 'id');
CREATE TRIGGER agreement_parties_is_noted AFTER INSERT OR DELETE OR UPDATE OF organisation, account_id ON agreement_parties FOR EACH ROW EXECUTE FUNCTION search_note('agreements', 'agreement_id');
CREATE TRIGGER gatherings_is_noted AFTER INSERT OR DELETE OR UPDATE OF unit_id, title, plan, starts_at, published_at ON gatherings FOR EACH ROW EXECUTE FUNCTION search_note('gatherings', 'id');
CREATE TRIGGER auth_accounts_is_noted AFTER INSERT OR DELETE OR UPDATE OF name, unit_id, demo ON auth_accounts FOR EACH ROW EXECUTE FUNCTION search_note('auth_accounts', 'id');
CREATE TRIGGER units_is_noted AFTER INSERT OR DELETE OR UPDATE OF name, short_name, name_en, former_names ON units FOR EACH ROW EXECUTE FUNCTION search_note('units', 'id');
