//! The tables, as the migrations make them.

diesel::table! {
    idempotency_keys (actor, key) {
        actor -> Text,
        key -> Text,
        operation -> Text,
        request -> Text,
        status -> Integer,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    outbox_events (id) {
        id -> Text,
        name -> Text,
        payload -> Text,
        created_at -> Timestamp,
        due_at -> Timestamp,
        told_at -> Nullable<Timestamp>,
        attempts -> Integer,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    files (id) {
        id -> Text,
        room -> Text,
        subject -> Text,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    units (id) {
        id -> Text,
        name -> Text,
        short_name -> Text,
        name_en -> Text,
        kind -> Text,
        duty -> Text,
        parent_id -> Nullable<Text>,
        functional_area -> Bool,
        former_names -> Text,
        source -> Text,
        source_on -> Date,
        sort -> Integer,
    }
}

diesel::table! {
    audit_entries (id) {
        id -> Text,
        at -> Timestamp,
        actor_id -> Nullable<Text>,
        actor_name -> Nullable<Text>,
        operation -> Text,
        subject -> Nullable<Text>,
        outcome -> Text,
        request_id -> Text,
        address -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    auth_accounts (id) {
        id -> Text,
        name -> Text,
        phone -> Text,
        login -> Nullable<Text>,
        unit_id -> Nullable<Text>,
        state -> Text,
        password_hash -> Nullable<Text>,
        totp_secret -> Nullable<Text>,
        totp_last_step -> BigInt,
        activation_hash -> Nullable<Text>,
        activation_expires_at -> Nullable<Timestamp>,
        failures -> Integer,
        locked_until -> Nullable<Timestamp>,
        demo -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    auth_roles (account_id, role) {
        account_id -> Text,
        role -> Text,
    }
}

diesel::table! {
    auth_sessions (id) {
        id -> Text,
        account_id -> Text,
        refresh_hash -> Text,
        previous_hash -> Nullable<Text>,
        user_agent -> Text,
        created_at -> Timestamp,
        last_used_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    auth_codes (id) {
        id -> Text,
        phone -> Text,
        purpose -> Text,
        subject -> Text,
        code_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        attempts -> Integer,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    auth_wechat_identities (app_id, open_id) {
        app_id -> Text,
        open_id -> Text,
        account_id -> Text,
        session_key -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    map_sites (id) {
        id -> Text,
        kind -> Text,
        unit_id -> Text,
        park_id -> Nullable<Text>,
        name -> Text,
        name_en -> Nullable<Text>,
        former_names -> Text,
        level -> Nullable<Text>,
        longitude_wgs84 -> Double,
        latitude_wgs84 -> Double,
        precision -> Text,
        position_note -> Nullable<Text>,
        position_note_en -> Nullable<Text>,
        industries -> Text,
        area_m2 -> Nullable<BigInt>,
        price_fen_per_mu -> Nullable<BigInt>,
        rent_fen_per_m2_month -> Nullable<BigInt>,
        status -> Text,
        tenure_years -> Nullable<Integer>,
        plot_ratio_hundredths -> Nullable<Integer>,
        zoning -> Nullable<Text>,
        zoning_en -> Nullable<Text>,
        floor_load_kg_m2 -> Nullable<Integer>,
        clear_height_cm -> Nullable<Integer>,
        floors -> Nullable<Integer>,
        power_kva -> Nullable<Integer>,
        free_from -> Nullable<Date>,
        summary -> Nullable<Text>,
        summary_en -> Nullable<Text>,
        facts -> Text,
        unknowns -> Text,
        unknowns_en -> Text,
        source -> Text,
        source_en -> Nullable<Text>,
        source_on -> Nullable<Date>,
        checked_on -> Nullable<Date>,
        checked_by -> Nullable<Text>,
        demo -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    content_pages (slug) {
        slug -> Text,
        kind -> Text,
        title -> Text,
        title_en -> Nullable<Text>,
        summary -> Text,
        summary_en -> Nullable<Text>,
        body_md -> Text,
        body_md_en -> Nullable<Text>,
        steps -> Text,
        source -> Text,
        source_en -> Nullable<Text>,
        source_url -> Nullable<Text>,
        source_on -> Date,
        document_no -> Nullable<Text>,
        issuer -> Nullable<Text>,
        issuer_en -> Nullable<Text>,
        published_on -> Date,
        updated_on -> Date,
        demo -> Bool,
        sort -> Integer,
    }
}

diesel::joinable!(auth_accounts -> units (unit_id));
diesel::joinable!(auth_roles -> auth_accounts (account_id));
diesel::joinable!(auth_sessions -> auth_accounts (account_id));
diesel::joinable!(auth_wechat_identities -> auth_accounts (account_id));

diesel::allow_tables_to_appear_in_same_query!(
    audit_entries,
    auth_accounts,
    auth_codes,
    auth_roles,
    auth_sessions,
    auth_wechat_identities,
    content_pages,
    files,
    idempotency_keys,
    map_sites,
    outbox_events,
    units,
);
