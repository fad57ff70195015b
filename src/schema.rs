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
        mail -> Nullable<Text>,
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
        hoist_kg -> Nullable<Integer>,
        span_cm -> Nullable<Integer>,
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
        terms -> Nullable<Text>,
        version_number -> Integer,
        withdrawn_on -> Nullable<Date>,
        withdrawn_reason -> Nullable<Text>,
        in_personal_guide -> Bool,
        media -> Text,
    }
}

diesel::table! {
    project_counters (year) {
        year -> Integer,
        last -> Integer,
    }
}

diesel::table! {
    projects (id) {
        id -> Text,
        number -> Text,
        name -> Text,
        enterprise_name -> Text,
        credit_code -> Nullable<Text>,
        industry -> Text,
        unit_id -> Text,
        site_id -> Nullable<Text>,
        site_name -> Nullable<Text>,
        booking_id -> Nullable<Text>,
        investor_id -> Nullable<Text>,
        investor_name -> Nullable<Text>,
        intended_investment_fen -> Nullable<BigInt>,
        committed_fen -> Nullable<BigInt>,
        summary -> Nullable<Text>,
        stage -> Text,
        agreement_id -> Nullable<Text>,
        opened_by -> Text,
        opened_at -> Timestamp,
        last_move -> Integer,
    }
}

diesel::table! {
    project_stage_moves (project_id, seq) {
        project_id -> Text,
        seq -> Integer,
        stage -> Text,
        at -> Timestamp,
        by_id -> Nullable<Text>,
        by_name -> Text,
        because -> Text,
    }
}

diesel::table! {
    talk_availabilities (host_id, weekday, from_minute) {
        host_id -> Text,
        weekday -> Integer,
        from_minute -> Integer,
        to_minute -> Integer,
    }
}

diesel::table! {
    talk_bookings (id) {
        id -> Text,
        unit_id -> Text,
        host_id -> Text,
        host_name -> Text,
        investor_id -> Text,
        investor_name -> Text,
        site_id -> Nullable<Text>,
        site_name -> Nullable<Text>,
        topic -> Text,
        language -> Text,
        state -> Text,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        hold_expires_at -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
        version -> Integer,
        last_seq -> BigInt,
        project_id -> Nullable<Text>,
        created_at -> Timestamp,
        hosting -> Text,
        sequence -> Integer,
        agreed_at -> Nullable<Timestamp>,
        late_side -> Nullable<Text>,
        no_show_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    talk_slot_claims (host_id, tick_start) {
        host_id -> Text,
        tick_start -> Timestamp,
        booking_id -> Text,
        proposal_id -> Nullable<Text>,
    }
}

diesel::table! {
    talk_booking_moves (booking_id, version) {
        booking_id -> Text,
        version -> Integer,
        at -> Timestamp,
        by_id -> Nullable<Text>,
        by_name -> Text,
        what -> Text,
        starts_at -> Timestamp,
        reason -> Nullable<Text>,
        from_starts_at -> Nullable<Timestamp>,
        to_starts_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    talk_messages (booking_id, seq) {
        booking_id -> Text,
        seq -> BigInt,
        sender_id -> Nullable<Text>,
        sender_name -> Nullable<Text>,
        kind -> Text,
        body -> Text,
        client_id -> Nullable<Text>,
        file_id -> Nullable<Text>,
        file_name -> Nullable<Text>,
        file_size -> Nullable<BigInt>,
        file_media_type -> Nullable<Text>,
        sent_at -> Timestamp,
        line -> Text,
    }
}

diesel::table! {
    talk_tickets (ticket_hash) {
        ticket_hash -> Text,
        booking_id -> Text,
        account_id -> Text,
        session_id -> Text,
        name -> Text,
        side -> Text,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        guest_id -> Nullable<Text>,
    }
}

diesel::table! {
    talk_follow_ups (id) {
        id -> Text,
        booking_id -> Text,
        position -> Integer,
        text -> Text,
        owner -> Text,
        owner_id -> Text,
        owner_name -> Text,
        unit_id -> Text,
        due_on -> Date,
        made_at -> Timestamp,
        state -> Text,
        ended_by_name -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    leads (id) {
        id -> Text,
        number -> Text,
        enterprise_name -> Text,
        credit_code -> Nullable<Text>,
        contact_name -> Text,
        contact_phone -> Text,
        industry -> Text,
        intention -> Text,
        submitted_for -> Nullable<Text>,
        submitted_by -> Text,
        submitted_by_unit -> Nullable<Text>,
        submitted_at -> Timestamp,
        salt -> Text,
        name_key -> Text,
        name_stem -> Text,
        state -> Text,
        standing -> Text,
        unit_id -> Nullable<Text>,
        task_force -> Nullable<Text>,
    }
}

diesel::table! {
    lead_ledger_entries (sequence) {
        sequence -> BigInt,
        lead_id -> Nullable<Text>,
        kind -> Text,
        facts -> Nullable<Text>,
        at -> Timestamp,
        facts_sha256 -> Text,
        previous_hash -> Text,
        entry_hash -> Text,
    }
}

diesel::table! {
    lead_ledger_heads (id) {
        id -> Integer,
        sequence -> BigInt,
        entry_hash -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    lead_likeness_reviews (id) {
        id -> Text,
        lead_id -> Text,
        earlier_lead_id -> Text,
        reasons -> Text,
        state -> Text,
        opened_at -> Timestamp,
        decision -> Nullable<Text>,
        first_lead_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_handovers (id) {
        id -> Text,
        lead_id -> Text,
        unit_id -> Text,
        state -> Text,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
        handed_over_by -> Text,
        handed_over_at -> Timestamp,
        answer_by -> Timestamp,
        answered_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    notifications (id) {
        id -> Text,
        event_id -> Text,
        account_id -> Text,
        kind -> Text,
        title -> Text,
        title_en -> Text,
        body -> Text,
        body_en -> Text,
        link -> Text,
        created_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        awaits_summary -> Bool,
    }
}

diesel::table! {
    notification_subscriptions (account_id, template_key) {
        account_id -> Text,
        template_key -> Text,
        credits -> Integer,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    notification_deliveries (id) {
        id -> Text,
        event_id -> Text,
        account_id -> Text,
        template_key -> Text,
        page -> Text,
        content -> Text,
        state -> Text,
        attempts -> Integer,
        created_at -> Timestamp,
        due_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        failure -> Nullable<Text>,
        message_id -> Nullable<Text>,
        road -> Text,
        begun_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    agreement_counters (year) {
        year -> Integer,
        last -> Integer,
    }
}

diesel::table! {
    agreements (id) {
        id -> Text,
        number -> Text,
        project_id -> Text,
        project_name -> Text,
        unit_id -> Text,
        template_code -> Text,
        template_version -> Integer,
        field_values -> Text,
        state -> Text,
        revision -> Integer,
        head_file -> Nullable<Text>,
        head_sha256 -> Nullable<Text>,
        pages -> Nullable<Integer>,
        reason -> Nullable<Text>,
        created_by -> Text,
        created_at -> Timestamp,
        dispatched_at -> Nullable<Timestamp>,
        completed_at -> Nullable<Timestamp>,
        expires_at -> Nullable<Timestamp>,
        text_sha256 -> Nullable<Text>,
        origin_id -> Nullable<Text>,
        origin_kind -> Nullable<Text>,
        shared_at -> Nullable<Timestamp>,
        provider -> Text,
    }
}

diesel::table! {
    agreement_parties (id) {
        id -> Text,
        agreement_id -> Text,
        seq -> Integer,
        field -> Text,
        title -> Text,
        title_en -> Text,
        organisation -> Text,
        signer_name -> Text,
        account_id -> Text,
        state -> Text,
        signed_at -> Nullable<Timestamp>,
        certificate_serial -> Nullable<Text>,
        certificate_sha256 -> Nullable<Text>,
        step -> Integer,
        authority -> Nullable<Text>,
        stamped -> Bool,
    }
}

diesel::table! {
    agreement_revisions (agreement_id, revision) {
        agreement_id -> Text,
        revision -> Integer,
        kind -> Text,
        sha256 -> Text,
        file_id -> Text,
        party_id -> Nullable<Text>,
        made_at -> Timestamp,
    }
}

diesel::table! {
    agreement_evidence (agreement_id, seq) {
        agreement_id -> Text,
        seq -> Integer,
        at -> Timestamp,
        actor_id -> Nullable<Text>,
        actor_name -> Text,
        action -> Text,
        payload -> Text,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    talk_hosts (host_id) {
        host_id -> Text,
        version -> Integer,
        buffer_minutes -> Integer,
        notice_hours -> Integer,
    }
}

diesel::table! {
    talk_availability_exceptions (host_id, day, from_minute) {
        host_id -> Text,
        day -> Date,
        from_minute -> Integer,
        to_minute -> Integer,
        kind -> Text,
    }
}

diesel::table! {
    lead_projects (lead_id) {
        lead_id -> Text,
        project_id -> Text,
        opened_by -> Text,
        opened_at -> Timestamp,
    }
}

diesel::table! {
    map_features (id) {
        id -> Text,
        kind -> Text,
        unit_id -> Nullable<Text>,
        name -> Text,
        name_en -> Nullable<Text>,
        longitude_wgs84 -> Double,
        latitude_wgs84 -> Double,
        precision -> Text,
        industries -> Text,
        chain_link -> Nullable<Text>,
        chain_link_en -> Nullable<Text>,
        total -> Nullable<BigInt>,
        available -> Nullable<BigInt>,
        source -> Text,
        source_en -> Nullable<Text>,
        source_on -> Nullable<Date>,
        checked_on -> Nullable<Date>,
        checked_by -> Nullable<Text>,
        demo -> Bool,
    }
}

diesel::table! {
    map_site_utilities (site_id, utility) {
        site_id -> Text,
        utility -> Text,
        available -> Nullable<BigInt>,
        source -> Text,
        source_en -> Nullable<Text>,
        source_on -> Nullable<Date>,
        checked_on -> Nullable<Date>,
        demo -> Bool,
    }
}

diesel::table! {
    map_red_lines (site_id) {
        site_id -> Text,
        ring_wgs84 -> Text,
        source -> Text,
        source_en -> Nullable<Text>,
        source_on -> Nullable<Date>,
        demo -> Bool,
    }
}

diesel::table! {
    map_clock (id) {
        id -> Integer,
        version -> BigInt,
    }
}

diesel::table! {
    map_changes (subject_id) {
        subject_id -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    map_imports (id) {
        id -> Text,
        unit_id -> Nullable<Text>,
        file_name -> Text,
        file_sha256 -> Text,
        row_count -> Integer,
        error_count -> Integer,
        errors -> Text,
        contents -> Text,
        state -> Text,
        checked_by -> Text,
        checked_by_name -> Text,
        checked_at -> Timestamp,
        imported_at -> Nullable<Timestamp>,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    map_site_versions (id) {
        id -> Text,
        site_id -> Text,
        number -> Nullable<Integer>,
        state -> Text,
        unit_id -> Text,
        park_id -> Nullable<Text>,
        name -> Text,
        content -> Text,
        note -> Nullable<Text>,
        base_number -> Integer,
        import_id -> Nullable<Text>,
        written_by -> Nullable<Text>,
        written_by_name -> Text,
        written_at -> Timestamp,
        reviewed_by -> Nullable<Text>,
        reviewed_by_name -> Nullable<Text>,
        reviewed_at -> Nullable<Timestamp>,
        review_note -> Nullable<Text>,
    }
}

diesel::table! {
    map_site_photos (file_id) {
        file_id -> Text,
        site_id -> Text,
        position -> Integer,
        caption -> Nullable<Text>,
    }
}

diesel::table! {
    map_site_checks (site_id, checked_on) {
        site_id -> Text,
        checked_on -> Date,
        checked_by -> Text,
        checked_by_name -> Text,
        checked_at -> Timestamp,
    }
}

diesel::table! {
    map_site_reports (id) {
        id -> Text,
        site_id -> Text,
        site_name -> Text,
        unit_id -> Text,
        park_id -> Nullable<Text>,
        what -> Text,
        words -> Nullable<Text>,
        reporter_key -> Text,
        reported_on -> Date,
        reported_at -> Timestamp,
        state -> Text,
        outcome -> Nullable<Text>,
        answer -> Nullable<Text>,
        answered_by -> Nullable<Text>,
        answered_by_name -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    map_site_reminders (site_id, due_since) {
        site_id -> Text,
        due_since -> Date,
        reminded_at -> Timestamp,
    }
}

diesel::table! {
    map_shortlist_entries (account_id, site_id) {
        account_id -> Text,
        site_id -> Text,
        note -> Text,
        kept_at -> Timestamp,
    }
}

diesel::table! {
    map_shares (id) {
        id -> Text,
        site_ids -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    offers (id) {
        id -> Text,
        number -> Text,
        unit_id -> Text,
        investor_name -> Text,
        greeting -> Text,
        sites -> Text,
        policies -> Text,
        contact_name -> Text,
        contact_phone -> Text,
        token_hash -> Text,
        demo -> Bool,
        state -> Text,
        expires_at -> Timestamp,
        created_by -> Text,
        created_by_name -> Text,
        created_at -> Timestamp,
        withdrawn_by -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    offer_readings (id) {
        id -> Text,
        offer_id -> Text,
        visit_id -> Text,
        part -> Text,
        seconds -> Integer,
        at -> Timestamp,
    }
}

diesel::table! {
    map_withdrawn_parts (version_id) {
        version_id -> Text,
        red_line -> Nullable<Text>,
        utilities -> Text,
    }
}

diesel::table! {
    lead_ledger_nodes (id) {
        id -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    lead_ledger_checkpoints (size) {
        size -> BigInt,
        root -> Text,
        note -> Text,
        at -> Timestamp,
        kept_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_settings (name, effective_at) {
        name -> Text,
        effective_at -> Timestamp,
        value -> Integer,
        reason -> Text,
        set_by -> Nullable<Text>,
        set_at -> Timestamp,
    }
}

diesel::table! {
    lead_appeals (id) {
        id -> Text,
        review_id -> Text,
        lead_id -> Text,
        appealed_by -> Text,
        appealed_at -> Timestamp,
        reason -> Text,
        state -> Text,
        answer -> Nullable<Text>,
        answered_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_screenings (id) {
        id -> Text,
        lead_id -> Text,
        value -> Integer,
        fit -> Integer,
        task_force -> Text,
        outcome -> Text,
        note -> Text,
        screened_by -> Text,
        screened_at -> Timestamp,
    }
}

diesel::table! {
    lead_pool_places (id) {
        id -> Text,
        lead_id -> Text,
        reason -> Text,
        opened_by -> Nullable<Text>,
        opened_at -> Timestamp,
        claimed_by -> Nullable<Text>,
        claimed_by_unit -> Nullable<Text>,
        claim_reason -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_contacts (id) {
        id -> Text,
        lead_id -> Text,
        unit_id -> Nullable<Text>,
        way -> Text,
        words -> Text,
        made_by -> Text,
        made_at -> Timestamp,
        task_force -> Nullable<Text>,
    }
}

diesel::table! {
    lead_clocks (id) {
        id -> Text,
        lead_id -> Text,
        kind -> Text,
        unit_id -> Nullable<Text>,
        started_at -> Timestamp,
        level -> Integer,
        paused_millis -> BigInt,
        due_at -> Nullable<Timestamp>,
        stopped_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_pauses (id) {
        id -> Text,
        clock_id -> Text,
        reason -> Text,
        paused_by -> Text,
        began_at -> Timestamp,
        until_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    lead_escalations (id) {
        id -> Text,
        clock_id -> Text,
        level -> Integer,
        cause -> Text,
        due_at -> Timestamp,
        at -> Timestamp,
    }
}

diesel::table! {
    lead_confirmations (id) {
        id -> Text,
        lead_id -> Text,
        asked_by -> Text,
        asked_at -> Timestamp,
        expires_at -> Timestamp,
        answer -> Nullable<Text>,
        words -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        sequence -> Nullable<BigInt>,
    }
}

diesel::table! {
    lead_calls (id) {
        id -> Text,
        lead_id -> Text,
        confirmation_id -> Text,
        called_on -> Date,
        called_at -> Timestamp,
        words -> Nullable<Text>,
    }
}

diesel::table! {
    lead_credit_rules (version) {
        version -> Integer,
        effective_at -> Timestamp,
        first_contact -> Integer,
        later_contact -> Integer,
        negotiation -> Integer,
        passing_on -> Integer,
        landing -> Integer,
        reason -> Text,
        set_by -> Nullable<Text>,
        set_at -> Timestamp,
    }
}

diesel::table! {
    lead_credit_shares (slip_id, position) {
        slip_id -> Text,
        position -> Integer,
        part -> Text,
        party -> Text,
        unit_id -> Nullable<Text>,
        account_id -> Nullable<Text>,
        source -> Text,
        weight -> Integer,
        sharers -> Integer,
        basis_points -> Integer,
    }
}

diesel::table! {
    lead_credit_slips (id) {
        id -> Text,
        lead_id -> Text,
        number -> Integer,
        rule_version -> Integer,
        cause -> Text,
        made_at -> Timestamp,
    }
}

diesel::table! {
    lead_attachments (id) {
        id -> Text,
        lead_id -> Text,
        file_id -> Text,
        kind -> Text,
        added_by -> Text,
        added_at -> Timestamp,
    }
}

diesel::table! {
    lead_enquiries (id) {
        id -> Text,
        lead_id -> Text,
        phone_hash -> Text,
        address_hash -> Text,
        day -> Date,
        at -> Timestamp,
    }
}

diesel::table! {
    lead_appointments (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        account_id -> Text,
        region -> Text,
        document_no -> Nullable<Text>,
        begins_on -> Date,
        ends_on -> Date,
        ended_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        appointed_by -> Text,
        appointed_at -> Timestamp,
        demo -> Bool,
    }
}

diesel::table! {
    lead_appointment_records (id) {
        id -> Text,
        appointment_id -> Text,
        kind -> Text,
        held_on -> Date,
        title -> Text,
        amount_fen -> Nullable<BigInt>,
        written_by -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    wechat_pushes (id) {
        id -> Text,
        dedup_key -> Text,
        event -> Text,
        open_id -> Text,
        content -> Text,
        received_at -> Timestamp,
        due_at -> Timestamp,
        attempts -> Integer,
        ended_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    wechat_rights_tasks (id) {
        id -> Text,
        push_id -> Text,
        account_id -> Text,
        wish -> Text,
        kinds -> Text,
        asked_at -> Timestamp,
        settled_by -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    agreement_stamps (agreement_id) {
        agreement_id -> Text,
        fault -> Text,
        attempts -> Integer,
        since -> Timestamp,
        due_at -> Timestamp,
        stamped_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ceremonies (id) {
        id -> Text,
        unit_id -> Text,
        title -> Text,
        title_en -> Text,
        place -> Text,
        starts_at -> Timestamp,
        programme -> Text,
        state -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ceremony_agreements (ceremony_id, seq) {
        ceremony_id -> Text,
        seq -> Integer,
        agreement_id -> Text,
    }
}

diesel::table! {
    agreement_rounds (agreement_id, round) {
        agreement_id -> Text,
        round -> Integer,
        kind -> Text,
        field_values -> Text,
        note -> Nullable<Text>,
        by_id -> Text,
        by_name -> Text,
        at -> Timestamp,
        annexes -> Nullable<Text>,
    }
}

diesel::table! {
    agreement_approvals (agreement_id, seq) {
        agreement_id -> Text,
        seq -> Integer,
        values_sha256 -> Text,
        asked_by -> Text,
        asked_at -> Timestamp,
        approver_id -> Text,
        approver_name -> Text,
        decision -> Nullable<Text>,
        note -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    agreement_flows (agreement_id) {
        agreement_id -> Text,
        flow_id -> Nullable<Text>,
        state -> Text,
        attempts -> Integer,
        due_at -> Timestamp,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    ess_callbacks (msg_id) {
        msg_id -> Text,
        flow_id -> Nullable<Text>,
        received_at -> Timestamp,
    }
}

diesel::table! {
    enterprises (id) {
        id -> Text,
        name -> Text,
        credit_code -> Nullable<Text>,
        name_key -> Text,
        name_stem -> Text,
        industry -> Text,
        chain_link -> Nullable<Text>,
        scale -> Nullable<Text>,
        region -> Nullable<Text>,
        hometown_tie -> Nullable<Text>,
        parent_id -> Nullable<Text>,
        note -> Nullable<Text>,
        version -> Integer,
        created_by -> Text,
        created_at -> Timestamp,
        touched_at -> Timestamp,
        merged_into -> Nullable<Text>,
        demo -> Bool,
    }
}

diesel::table! {
    enterprise_contacts (id) {
        id -> Text,
        enterprise_id -> Text,
        unit_id -> Nullable<Text>,
        name -> Text,
        title -> Nullable<Text>,
        phone -> Text,
        added_by -> Text,
        added_at -> Timestamp,
        removed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    enterprise_pursuits (id) {
        id -> Text,
        enterprise_id -> Text,
        unit_id -> Text,
        state -> Text,
        since -> Timestamp,
        next_step -> Text,
        next_step_on -> Date,
        lapses_on -> Date,
        opened_by -> Text,
        closed_at -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
        touched_at -> Timestamp,
    }
}

diesel::table! {
    enterprise_log_entries (id) {
        id -> Text,
        enterprise_id -> Text,
        unit_id -> Nullable<Text>,
        kind -> Text,
        at -> Timestamp,
        summary -> Text,
        by_id -> Text,
        by_name -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    enterprise_merges (id) {
        id -> Text,
        from_id -> Text,
        into_id -> Text,
        reason -> Text,
        merged_by -> Text,
        merged_at -> Timestamp,
        undone_by -> Nullable<Text>,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    chain_versions (id) {
        id -> Text,
        unit_id -> Text,
        number -> Nullable<Integer>,
        state -> Text,
        name -> Text,
        industry -> Text,
        content -> Text,
        note -> Nullable<Text>,
        base_number -> Integer,
        proposed_by -> Nullable<Text>,
        proposed_by_name -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_by_name -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decision_note -> Nullable<Text>,
        from_on -> Nullable<Date>,
        to_on -> Nullable<Date>,
        demo -> Bool,
    }
}

diesel::table! {
    talk_booking_hosts (booking_id, position) {
        booking_id -> Text,
        position -> Integer,
        host_id -> Text,
        host_name -> Text,
        buffer_minutes -> Integer,
    }
}

diesel::table! {
    talk_holiday_years (year) {
        year -> Integer,
        source -> Text,
        source_url -> Nullable<Text>,
        published_on -> Date,
        version -> Integer,
        set_by -> Nullable<Text>,
        set_at -> Timestamp,
    }
}

diesel::table! {
    talk_holidays (year, from_on) {
        year -> Integer,
        from_on -> Date,
        to_on -> Date,
        kind -> Text,
        name_zh -> Text,
        name_en -> Text,
        follows_weekday -> Nullable<Integer>,
    }
}

diesel::table! {
    gatherings (id) {
        id -> Text,
        unit_id -> Text,
        title -> Text,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        closes_at -> Timestamp,
        capacity -> Integer,
        firm_limit -> Integer,
        taken -> Integer,
        waiting -> Integer,
        plan -> Text,
        proposal -> Nullable<Text>,
        state -> Text,
        version -> Integer,
        written_by -> Nullable<Text>,
        created_by -> Text,
        created_at -> Timestamp,
        published_by -> Nullable<Text>,
        published_from -> Nullable<Text>,
        published_at -> Nullable<Timestamp>,
        cancelled_by -> Nullable<Text>,
        cancelled_at -> Nullable<Timestamp>,
        cancel_reason -> Nullable<Text>,
        demo -> Bool,
    }
}

diesel::table! {
    gathering_registrations (id) {
        id -> Text,
        gathering_id -> Text,
        account_id -> Text,
        name -> Text,
        phone -> Text,
        firm -> Text,
        firm_key -> Text,
        answers -> Text,
        source -> Text,
        state -> Text,
        registered_at -> Timestamp,
        seated_at -> Nullable<Timestamp>,
        given_back_at -> Nullable<Timestamp>,
        ticket_hash -> Text,
    }
}

diesel::table! {
    gathering_check_ins (registration_id) {
        registration_id -> Text,
        gathering_id -> Text,
        way -> Text,
        by_id -> Text,
        received_at -> Timestamp,
        phone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    gathering_questions (id) {
        id -> Text,
        gathering_id -> Text,
        asked_by -> Text,
        words -> Text,
        state -> Text,
        asked_at -> Timestamp,
        ruled_by -> Nullable<Text>,
        ruled_at -> Nullable<Timestamp>,
        answer -> Nullable<Text>,
        answered_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    gathering_votes (question_id, account_id) {
        question_id -> Text,
        account_id -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    gathering_leads (gathering_id, account_id) {
        gathering_id -> Text,
        account_id -> Text,
        lead_id -> Text,
        opened_by -> Text,
        opened_at -> Timestamp,
    }
}

diesel::table! {
    notification_settings (account_id) {
        account_id -> Text,
        quiet_from -> Nullable<Integer>,
        quiet_until -> Nullable<Integer>,
        rhythm -> Text,
        daily_minute -> Integer,
        muted -> Text,
        sms -> Bool,
        summary_at -> Nullable<Timestamp>,
        updated_at -> Timestamp,
        mail -> Bool,
    }
}

diesel::table! {
    content_checks (id) {
        id -> Text,
        subject -> Text,
        subject_id -> Text,
        author_id -> Text,
        open_id -> Text,
        body -> Nullable<Text>,
        file_id -> Nullable<Text>,
        state -> Text,
        cause -> Nullable<Text>,
        label -> Nullable<Text>,
        trace_id -> Nullable<Text>,
        key_hash -> Nullable<Text>,
        attempts -> Integer,
        created_at -> Timestamp,
        due_at -> Timestamp,
        asked_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    agreement_templates (code) {
        code -> Text,
        name -> Text,
        name_en -> Text,
        source -> Text,
        source_en -> Text,
        demo -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    agreement_template_versions (id) {
        id -> Text,
        template_code -> Text,
        number -> Integer,
        state -> Text,
        content -> Text,
        base_number -> Integer,
        note -> Nullable<Text>,
        written_by -> Nullable<Text>,
        written_at -> Timestamp,
        checked_by -> Nullable<Text>,
        approved_by -> Nullable<Text>,
        in_use_at -> Nullable<Timestamp>,
        demo -> Bool,
    }
}

diesel::table! {
    agreement_template_steps (version_id, seq) {
        version_id -> Text,
        seq -> Integer,
        kind -> Text,
        by_id -> Nullable<Text>,
        by_name -> Text,
        at -> Timestamp,
        note -> Nullable<Text>,
        content_sha256 -> Text,
    }
}

diesel::table! {
    seals (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        owner_kind -> Text,
        owner_name -> Text,
        unit_id -> Text,
        keeper_name -> Text,
        authority -> Text,
        picture_file -> Text,
        picture_sha256 -> Text,
        papers_file -> Text,
        papers_sha256 -> Text,
        state -> Text,
        registered_by -> Text,
        registered_at -> Timestamp,
        approved_by -> Nullable<Text>,
        approved_at -> Nullable<Timestamp>,
        demo -> Bool,
    }
}

diesel::table! {
    seal_steps (seal_id, seq) {
        seal_id -> Text,
        seq -> Integer,
        kind -> Text,
        by_id -> Text,
        by_name -> Text,
        at -> Timestamp,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    seal_uses (party_id) {
        party_id -> Text,
        agreement_id -> Text,
        seal_id -> Text,
        seal_name -> Text,
        signer_name -> Text,
        picture_sha256 -> Text,
        used_at -> Timestamp,
    }
}

diesel::table! {
    agreement_annexes (id) {
        id -> Text,
        agreement_id -> Text,
        seq -> Integer,
        name -> Text,
        file_id -> Text,
        sha256 -> Text,
        uploaded_sha256 -> Text,
        pages -> Integer,
        size -> BigInt,
        added_by -> Text,
        added_at -> Timestamp,
    }
}

diesel::table! {
    search_changes (source, row_id) {
        source -> Text,
        row_id -> Text,
        mark -> BigInt,
    }
}

diesel::table! {
    content_clock (id) {
        id -> Integer,
        version -> BigInt,
    }
}

diesel::table! {
    content_versions (id) {
        id -> Text,
        slug -> Text,
        kind -> Text,
        number -> Integer,
        state -> Text,
        content -> Text,
        base_number -> Integer,
        note -> Nullable<Text>,
        written_by -> Nullable<Text>,
        written_by_name -> Text,
        written_at -> Timestamp,
        published_by -> Nullable<Text>,
        published_at -> Nullable<Timestamp>,
        demo -> Bool,
    }
}

diesel::table! {
    content_version_steps (version_id, seq) {
        version_id -> Text,
        seq -> Integer,
        kind -> Text,
        by_id -> Nullable<Text>,
        by_name -> Text,
        at -> Timestamp,
        note -> Nullable<Text>,
        content_sha256 -> Text,
    }
}

diesel::table! {
    institutions (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        credit_code -> Nullable<Text>,
        name_key -> Text,
        name_stem -> Text,
        seat -> Nullable<Text>,
        keeper_unit_id -> Nullable<Text>,
        note -> Nullable<Text>,
        version -> Integer,
        created_by -> Text,
        created_at -> Timestamp,
        touched_at -> Timestamp,
        last_contact_at -> Nullable<Timestamp>,
        demo -> Bool,
    }
}

diesel::table! {
    institution_regions (institution_id, region) {
        institution_id -> Text,
        region -> Text,
    }
}

diesel::table! {
    institution_industries (institution_id, industry) {
        institution_id -> Text,
        industry -> Text,
    }
}

diesel::table! {
    institution_contacts (id) {
        id -> Text,
        institution_id -> Text,
        unit_id -> Nullable<Text>,
        name -> Text,
        title -> Nullable<Text>,
        phone -> Text,
        added_by -> Text,
        added_at -> Timestamp,
        removed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    institution_log_entries (id) {
        id -> Text,
        institution_id -> Text,
        unit_id -> Nullable<Text>,
        way -> Text,
        at -> Timestamp,
        summary -> Text,
        next_step -> Nullable<Text>,
        next_step_on -> Nullable<Date>,
        by_id -> Text,
        by_name -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    institution_bringers (id) {
        id -> Text,
        institution_id -> Text,
        account_id -> Text,
        begins_on -> Date,
        ends_on -> Nullable<Date>,
        named_by -> Text,
        named_at -> Timestamp,
    }
}

diesel::table! {
    institution_agreements (id) {
        id -> Text,
        institution_id -> Text,
        unit_id -> Nullable<Text>,
        kind -> Text,
        document_no -> Nullable<Text>,
        begins_on -> Date,
        ends_on -> Date,
        promised -> Text,
        renews_id -> Nullable<Text>,
        paper_id -> Nullable<Text>,
        made_by -> Text,
        made_at -> Timestamp,
        ended_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        reminded_days -> Nullable<Integer>,
    }
}

diesel::table! {
    library_imports (id) {
        id -> Text,
        unit_id -> Nullable<Text>,
        file_name -> Text,
        row_count -> Integer,
        error_count -> Integer,
        errors -> Text,
        contents -> Text,
        state -> Text,
        kept_count -> Integer,
        checked_by -> Text,
        checked_by_name -> Text,
        checked_at -> Timestamp,
        imported_at -> Nullable<Timestamp>,
        undone_at -> Nullable<Timestamp>,
        library -> Text,
    }
}

diesel::table! {
    talk_proposals (id) {
        id -> Text,
        booking_id -> Text,
        side -> Text,
        by_id -> Text,
        by_name -> Text,
        from_starts_at -> Timestamp,
        to_starts_at -> Timestamp,
        reason -> Text,
        proposed_at -> Timestamp,
        expires_at -> Timestamp,
        state -> Text,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    talk_settings (name, effective_at) {
        name -> Text,
        effective_at -> Timestamp,
        value -> Integer,
        reason -> Text,
        set_by -> Nullable<Text>,
        set_at -> Timestamp,
    }
}

diesel::table! {
    talk_reminders (booking_id, starts_at, kind) {
        booking_id -> Text,
        starts_at -> Timestamp,
        kind -> Text,
        told_at -> Timestamp,
    }
}

diesel::table! {
    talk_guests (id) {
        id -> Text,
        booking_id -> Text,
        name -> Text,
        language -> Text,
        invited_by -> Text,
        invited_by_name -> Text,
        side -> Text,
        invited_at -> Timestamp,
        key_hash -> Text,
        from_seq -> BigInt,
        opened_at -> Nullable<Timestamp>,
        pass_hash -> Nullable<Text>,
        revoked_at -> Nullable<Timestamp>,
        revoked_by -> Nullable<Text>,
        place -> Text,
        place_reason -> Nullable<Text>,
        mail -> Nullable<Text>,
        mailed_at -> Nullable<Timestamp>,
        mail_failure -> Nullable<Text>,
    }
}

diesel::table! {
    talk_wishes (id) {
        id -> Text,
        unit_id -> Text,
        host_id -> Nullable<Text>,
        investor_id -> Text,
        investor_name -> Text,
        site_id -> Nullable<Text>,
        topic -> Text,
        language -> Text,
        from_on -> Date,
        to_on -> Date,
        day_part -> Text,
        state -> Text,
        booking_id -> Nullable<Text>,
        made_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    talk_conferences (booking_id) {
        booking_id -> Text,
        provider -> Text,
        state -> Text,
        meeting_id -> Nullable<Text>,
        meeting_code -> Nullable<Text>,
        join_url -> Nullable<Text>,
        told_starts_at -> Nullable<Timestamp>,
        doubted -> Bool,
        attempts -> Integer,
        due_at -> Timestamp,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    talk_conference_events (event_id) {
        event_id -> Text,
        meeting_id -> Text,
        name -> Text,
        person -> Nullable<Text>,
        happened_at -> Nullable<Timestamp>,
        received_at -> Timestamp,
    }
}

diesel::table! {
    talk_guest_moves (guest_id, n) {
        guest_id -> Text,
        n -> Integer,
        place -> Text,
        reason -> Nullable<Text>,
        by_id -> Text,
        by_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    talk_attendances (id) {
        id -> Text,
        booking_id -> Text,
        person_id -> Text,
        name -> Text,
        side -> Text,
        joined_at -> Timestamp,
        seen_at -> Timestamp,
        left_at -> Nullable<Timestamp>,
        ending -> Nullable<Text>,
    }
}

diesel::table! {
    agreement_archives (agreement_id, n) {
        agreement_id -> Text,
        n -> Integer,
        since -> Timestamp,
        due_at -> Timestamp,
        attempts -> Integer,
        fault -> Nullable<Text>,
        stamped_at -> Nullable<Timestamp>,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    saved_views (id) {
        id -> Text,
        library -> Text,
        owner_id -> Text,
        owner_name -> Text,
        place -> Integer,
        name -> Text,
        filter -> Text,
        shared_unit_id -> Nullable<Text>,
        kept_at -> Timestamp,
    }
}

diesel::table! {
    enterprise_batches (id) {
        id -> Text,
        kind -> Text,
        row_count -> Integer,
        contents -> Text,
        done_by -> Text,
        done_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    content_media (sha256) {
        sha256 -> Text,
        kind -> Text,
        media_type -> Text,
        size -> BigInt,
        file_id -> Text,
        uploaded_by -> Text,
        uploaded_at -> Timestamp,
    }
}

diesel::table! {
    content_page_media (slug, sha256) {
        slug -> Text,
        sha256 -> Text,
    }
}

diesel::table! {
    talk_minutes_versions (booking_id, number) {
        booking_id -> Text,
        number -> Integer,
        state -> Text,
        revision -> Integer,
        summary -> Text,
        agreed_points -> Text,
        follow_ups -> Text,
        written_by -> Text,
        written_by_name -> Text,
        written_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        publishable_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        change_asked -> Nullable<Text>,
        unanswered -> Bool,
    }
}

diesel::table! {
    talk_minutes_confirmations (booking_id, number, side) {
        booking_id -> Text,
        number -> Integer,
        side -> Text,
        by_id -> Text,
        by_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    auth_phone_uses (sha256) {
        sha256 -> Text,
        used_at -> Timestamp,
    }
}

diesel::table! {
    auth_name_checks (id) {
        id -> Text,
        account_id -> Text,
        open_id -> Text,
        name -> Text,
        verify_id -> Text,
        state -> Text,
        begun_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    talk_follow_up_reminders (follow_up_id, kind) {
        follow_up_id -> Text,
        kind -> Text,
        told_at -> Timestamp,
    }
}

diesel::table! {
    talk_minutes_templates (unit_id) {
        unit_id -> Text,
        headings -> Text,
        version -> Integer,
        set_by -> Text,
        set_at -> Timestamp,
    }
}

diesel::table! {
    auth_task_forces (account_id, task_force) {
        account_id -> Text,
        task_force -> Text,
        role -> Text,
    }
}

diesel::table! {
    agreement_strokes (agreement_id, account_id, sha256) {
        agreement_id -> Text,
        account_id -> Text,
        sha256 -> Text,
        document -> Text,
        kept_at -> Timestamp,
    }
}

diesel::table! {
    agreement_words (agreement_id) {
        agreement_id -> Text,
        document_sha256 -> Text,
        sha256 -> Text,
        parts -> Text,
    }
}

diesel::table! {
    agreement_reminders (agreement_id, days_left) {
        agreement_id -> Text,
        days_left -> Integer,
        told_at -> Timestamp,
    }
}

diesel::table! {
    agreement_round_answers (agreement_id, round) {
        agreement_id -> Text,
        round -> Integer,
        answer -> Text,
        reason -> Nullable<Text>,
        draft_round -> Nullable<Integer>,
        by_id -> Text,
        by_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    notification_mails (id) {
        id -> Text,
        event_id -> Text,
        account_id -> Nullable<Text>,
        guest_id -> Nullable<Text>,
        subject -> Text,
        body -> Text,
        page -> Nullable<Text>,
        sealed_link -> Nullable<Text>,
        calendar -> Nullable<Text>,
        state -> Text,
        attempts -> Integer,
        created_at -> Timestamp,
        due_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    class_settings (name, effective_at) {
        name -> Text,
        effective_at -> Timestamp,
        value -> Integer,
        reason -> Text,
        set_by -> Nullable<Text>,
        set_at -> Timestamp,
    }
}

diesel::joinable!(auth_accounts -> units (unit_id));
diesel::joinable!(auth_roles -> auth_accounts (account_id));
diesel::joinable!(auth_sessions -> auth_accounts (account_id));
diesel::joinable!(auth_wechat_identities -> auth_accounts (account_id));
diesel::joinable!(projects -> units (unit_id));
diesel::joinable!(projects -> auth_accounts (opened_by));
diesel::joinable!(project_stage_moves -> projects (project_id));
diesel::joinable!(talk_availabilities -> auth_accounts (host_id));
diesel::joinable!(talk_bookings -> units (unit_id));
diesel::joinable!(talk_slot_claims -> talk_bookings (booking_id));
diesel::joinable!(talk_booking_moves -> talk_bookings (booking_id));
diesel::joinable!(talk_messages -> talk_bookings (booking_id));
diesel::joinable!(talk_messages -> files (file_id));
diesel::joinable!(talk_tickets -> talk_bookings (booking_id));
diesel::joinable!(leads -> auth_accounts (submitted_by));
diesel::joinable!(lead_likeness_reviews -> auth_accounts (decided_by));
diesel::joinable!(lead_handovers -> leads (lead_id));
diesel::joinable!(lead_handovers -> units (unit_id));
diesel::joinable!(notifications -> auth_accounts (account_id));
diesel::joinable!(notification_subscriptions -> auth_accounts (account_id));
diesel::joinable!(notification_deliveries -> auth_accounts (account_id));
diesel::joinable!(agreements -> projects (project_id));
diesel::joinable!(agreements -> units (unit_id));
diesel::joinable!(agreements -> files (head_file));
diesel::joinable!(agreements -> auth_accounts (created_by));
diesel::joinable!(agreement_parties -> agreements (agreement_id));
diesel::joinable!(agreement_parties -> auth_accounts (account_id));
diesel::joinable!(agreement_revisions -> agreements (agreement_id));
diesel::joinable!(agreement_revisions -> files (file_id));
diesel::joinable!(agreement_revisions -> agreement_parties (party_id));
diesel::joinable!(agreement_evidence -> agreements (agreement_id));
diesel::joinable!(talk_hosts -> auth_accounts (host_id));
diesel::joinable!(talk_availability_exceptions -> auth_accounts (host_id));
diesel::joinable!(lead_projects -> leads (lead_id));
diesel::joinable!(lead_projects -> projects (project_id));
diesel::joinable!(lead_projects -> auth_accounts (opened_by));
diesel::joinable!(map_features -> units (unit_id));
diesel::joinable!(map_site_utilities -> map_sites (site_id));
diesel::joinable!(map_red_lines -> map_sites (site_id));
diesel::joinable!(map_imports -> units (unit_id));
diesel::joinable!(map_imports -> auth_accounts (checked_by));
diesel::joinable!(map_site_versions -> map_imports (import_id));
diesel::joinable!(map_site_photos -> files (file_id));
diesel::joinable!(map_site_photos -> map_sites (site_id));
diesel::joinable!(map_site_checks -> auth_accounts (checked_by));
diesel::joinable!(map_site_reports -> auth_accounts (answered_by));
diesel::joinable!(map_shortlist_entries -> auth_accounts (account_id));
diesel::joinable!(offers -> units (unit_id));
diesel::joinable!(offers -> auth_accounts (created_by));
diesel::joinable!(offer_readings -> offers (offer_id));
diesel::joinable!(map_withdrawn_parts -> map_site_versions (version_id));
diesel::joinable!(lead_ledger_entries -> leads (lead_id));
diesel::joinable!(lead_settings -> auth_accounts (set_by));
diesel::joinable!(lead_appeals -> lead_likeness_reviews (review_id));
diesel::joinable!(lead_appeals -> leads (lead_id));
diesel::joinable!(lead_screenings -> leads (lead_id));
diesel::joinable!(lead_screenings -> auth_accounts (screened_by));
diesel::joinable!(lead_pool_places -> leads (lead_id));
diesel::joinable!(lead_pool_places -> units (claimed_by_unit));
diesel::joinable!(lead_contacts -> leads (lead_id));
diesel::joinable!(lead_contacts -> units (unit_id));
diesel::joinable!(lead_contacts -> auth_accounts (made_by));
diesel::joinable!(lead_clocks -> leads (lead_id));
diesel::joinable!(lead_clocks -> units (unit_id));
diesel::joinable!(lead_pauses -> lead_clocks (clock_id));
diesel::joinable!(lead_pauses -> auth_accounts (paused_by));
diesel::joinable!(lead_escalations -> lead_clocks (clock_id));
diesel::joinable!(lead_confirmations -> leads (lead_id));
diesel::joinable!(lead_confirmations -> auth_accounts (asked_by));
diesel::joinable!(lead_calls -> leads (lead_id));
diesel::joinable!(lead_calls -> lead_confirmations (confirmation_id));
diesel::joinable!(lead_credit_rules -> auth_accounts (set_by));
diesel::joinable!(lead_credit_shares -> units (unit_id));
diesel::joinable!(lead_credit_shares -> auth_accounts (account_id));
diesel::joinable!(lead_credit_slips -> leads (lead_id));
diesel::joinable!(lead_credit_slips -> lead_credit_rules (rule_version));
diesel::joinable!(lead_attachments -> leads (lead_id));
diesel::joinable!(lead_attachments -> files (file_id));
diesel::joinable!(lead_attachments -> auth_accounts (added_by));
diesel::joinable!(lead_enquiries -> leads (lead_id));
diesel::joinable!(lead_appointment_records -> lead_appointments (appointment_id));
diesel::joinable!(lead_appointment_records -> auth_accounts (written_by));
diesel::joinable!(wechat_rights_tasks -> wechat_pushes (push_id));
diesel::joinable!(agreement_stamps -> agreements (agreement_id));
diesel::joinable!(ceremonies -> units (unit_id));
diesel::joinable!(ceremonies -> auth_accounts (created_by));
diesel::joinable!(ceremony_agreements -> ceremonies (ceremony_id));
diesel::joinable!(ceremony_agreements -> agreements (agreement_id));
diesel::joinable!(agreement_rounds -> agreements (agreement_id));
diesel::joinable!(agreement_rounds -> auth_accounts (by_id));
diesel::joinable!(agreement_approvals -> agreements (agreement_id));
diesel::joinable!(agreement_flows -> agreements (agreement_id));
diesel::joinable!(enterprises -> auth_accounts (created_by));
diesel::joinable!(enterprise_contacts -> enterprises (enterprise_id));
diesel::joinable!(enterprise_contacts -> units (unit_id));
diesel::joinable!(enterprise_contacts -> auth_accounts (added_by));
diesel::joinable!(enterprise_pursuits -> enterprises (enterprise_id));
diesel::joinable!(enterprise_pursuits -> units (unit_id));
diesel::joinable!(enterprise_pursuits -> auth_accounts (opened_by));
diesel::joinable!(enterprise_log_entries -> enterprises (enterprise_id));
diesel::joinable!(enterprise_log_entries -> units (unit_id));
diesel::joinable!(enterprise_log_entries -> auth_accounts (by_id));
diesel::joinable!(chain_versions -> units (unit_id));
diesel::joinable!(talk_booking_hosts -> talk_bookings (booking_id));
diesel::joinable!(talk_booking_hosts -> auth_accounts (host_id));
diesel::joinable!(talk_holiday_years -> auth_accounts (set_by));
diesel::joinable!(talk_holidays -> talk_holiday_years (year));
diesel::joinable!(gatherings -> units (unit_id));
diesel::joinable!(gathering_registrations -> gatherings (gathering_id));
diesel::joinable!(gathering_registrations -> auth_accounts (account_id));
diesel::joinable!(gathering_check_ins -> gathering_registrations (registration_id));
diesel::joinable!(gathering_check_ins -> gatherings (gathering_id));
diesel::joinable!(gathering_check_ins -> auth_accounts (by_id));
diesel::joinable!(gathering_questions -> gatherings (gathering_id));
diesel::joinable!(gathering_votes -> gathering_questions (question_id));
diesel::joinable!(gathering_votes -> auth_accounts (account_id));
diesel::joinable!(gathering_leads -> gatherings (gathering_id));
diesel::joinable!(gathering_leads -> leads (lead_id));
diesel::joinable!(notification_settings -> auth_accounts (account_id));
diesel::joinable!(content_checks -> files (file_id));
diesel::joinable!(agreement_template_versions -> agreement_templates (template_code));
diesel::joinable!(agreement_template_steps -> agreement_template_versions (version_id));
diesel::joinable!(agreement_template_steps -> auth_accounts (by_id));
diesel::joinable!(seals -> units (unit_id));
diesel::joinable!(seal_steps -> seals (seal_id));
diesel::joinable!(seal_steps -> auth_accounts (by_id));
diesel::joinable!(seal_uses -> agreement_parties (party_id));
diesel::joinable!(seal_uses -> agreements (agreement_id));
diesel::joinable!(seal_uses -> seals (seal_id));
diesel::joinable!(agreement_annexes -> agreements (agreement_id));
diesel::joinable!(agreement_annexes -> files (file_id));
diesel::joinable!(agreement_annexes -> auth_accounts (added_by));
diesel::joinable!(content_version_steps -> content_versions (version_id));
diesel::joinable!(content_version_steps -> auth_accounts (by_id));
diesel::joinable!(institutions -> units (keeper_unit_id));
diesel::joinable!(institutions -> auth_accounts (created_by));
diesel::joinable!(institution_regions -> institutions (institution_id));
diesel::joinable!(institution_industries -> institutions (institution_id));
diesel::joinable!(institution_contacts -> institutions (institution_id));
diesel::joinable!(institution_contacts -> units (unit_id));
diesel::joinable!(institution_contacts -> auth_accounts (added_by));
diesel::joinable!(institution_log_entries -> institutions (institution_id));
diesel::joinable!(institution_log_entries -> units (unit_id));
diesel::joinable!(institution_log_entries -> auth_accounts (by_id));
diesel::joinable!(institution_bringers -> institutions (institution_id));
diesel::joinable!(institution_agreements -> institutions (institution_id));
diesel::joinable!(institution_agreements -> units (unit_id));
diesel::joinable!(institution_agreements -> files (paper_id));
diesel::joinable!(institution_agreements -> auth_accounts (made_by));
diesel::joinable!(library_imports -> units (unit_id));
diesel::joinable!(library_imports -> auth_accounts (checked_by));
diesel::joinable!(talk_proposals -> talk_bookings (booking_id));
diesel::joinable!(talk_proposals -> auth_accounts (by_id));
diesel::joinable!(talk_settings -> auth_accounts (set_by));
diesel::joinable!(talk_reminders -> talk_bookings (booking_id));
diesel::joinable!(talk_guests -> talk_bookings (booking_id));
diesel::joinable!(talk_wishes -> units (unit_id));
diesel::joinable!(talk_wishes -> talk_bookings (booking_id));
diesel::joinable!(talk_conferences -> talk_bookings (booking_id));
diesel::joinable!(talk_guest_moves -> talk_guests (guest_id));
diesel::joinable!(talk_guest_moves -> auth_accounts (by_id));
diesel::joinable!(talk_attendances -> talk_bookings (booking_id));
diesel::joinable!(agreement_archives -> agreements (agreement_id));
diesel::joinable!(saved_views -> auth_accounts (owner_id));
diesel::joinable!(saved_views -> units (shared_unit_id));
diesel::joinable!(enterprise_batches -> auth_accounts (done_by));
diesel::joinable!(content_media -> files (file_id));
diesel::joinable!(content_media -> auth_accounts (uploaded_by));
diesel::joinable!(content_page_media -> content_pages (slug));
diesel::joinable!(content_page_media -> content_media (sha256));
diesel::joinable!(talk_minutes_versions -> talk_bookings (booking_id));
diesel::joinable!(talk_minutes_versions -> auth_accounts (written_by));
diesel::joinable!(talk_minutes_confirmations -> auth_accounts (by_id));
diesel::joinable!(auth_name_checks -> auth_accounts (account_id));
diesel::joinable!(talk_follow_ups -> talk_bookings (booking_id));
diesel::joinable!(talk_follow_ups -> auth_accounts (owner_id));
diesel::joinable!(talk_follow_ups -> units (unit_id));
diesel::joinable!(talk_follow_up_reminders -> talk_follow_ups (follow_up_id));
diesel::joinable!(talk_minutes_templates -> units (unit_id));
diesel::joinable!(talk_minutes_templates -> auth_accounts (set_by));
diesel::joinable!(auth_task_forces -> auth_accounts (account_id));
diesel::joinable!(agreement_strokes -> agreements (agreement_id));
diesel::joinable!(agreement_strokes -> auth_accounts (account_id));
diesel::joinable!(agreement_words -> agreements (agreement_id));
diesel::joinable!(agreement_reminders -> agreements (agreement_id));
diesel::joinable!(agreement_round_answers -> agreements (agreement_id));
diesel::joinable!(agreement_round_answers -> auth_accounts (by_id));
diesel::joinable!(notification_mails -> auth_accounts (account_id));
diesel::joinable!(notification_mails -> talk_guests (guest_id));
diesel::joinable!(class_settings -> auth_accounts (set_by));

diesel::allow_tables_to_appear_in_same_query!(agreement_annexes, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_annexes, files);
diesel::allow_tables_to_appear_in_same_query!(agreement_approvals, agreement_round_answers);
diesel::allow_tables_to_appear_in_same_query!(agreement_approvals, agreement_rounds);
diesel::allow_tables_to_appear_in_same_query!(agreement_approvals, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_archives, agreement_stamps);
diesel::allow_tables_to_appear_in_same_query!(agreement_archives, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, agreement_parties);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, agreement_reminders);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, agreement_revisions);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, files);
diesel::allow_tables_to_appear_in_same_query!(agreement_counters, projects);
diesel::allow_tables_to_appear_in_same_query!(agreement_evidence, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_evidence, leads);
diesel::allow_tables_to_appear_in_same_query!(agreement_flows, ess_callbacks);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, agreement_reminders);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, agreement_revisions);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, auth_accounts);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, ceremonies);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, ceremony_agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, content_pages);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, enterprise_contacts);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, enterprises);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, files);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, gatherings);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, leads);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, map_sites);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, notifications);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, projects);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, search_changes);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, units);
diesel::allow_tables_to_appear_in_same_query!(agreement_parties, wechat_rights_tasks);
diesel::allow_tables_to_appear_in_same_query!(agreement_reminders, agreement_revisions);
diesel::allow_tables_to_appear_in_same_query!(agreement_reminders, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_reminders, files);
diesel::allow_tables_to_appear_in_same_query!(agreement_reminders, projects);
diesel::allow_tables_to_appear_in_same_query!(agreement_revisions, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_revisions, files);
diesel::allow_tables_to_appear_in_same_query!(agreement_revisions, leads);
diesel::allow_tables_to_appear_in_same_query!(agreement_revisions, projects);
diesel::allow_tables_to_appear_in_same_query!(agreement_revisions, seals);
diesel::allow_tables_to_appear_in_same_query!(agreement_round_answers, agreement_rounds);
diesel::allow_tables_to_appear_in_same_query!(agreement_round_answers, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_rounds, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_stamps, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_steps, agreement_template_versions);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_steps, agreement_templates);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_steps, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_steps, auth_accounts);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_steps, units);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_versions, agreement_templates);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_versions, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_versions, auth_accounts);
diesel::allow_tables_to_appear_in_same_query!(agreement_template_versions, units);
diesel::allow_tables_to_appear_in_same_query!(agreement_templates, agreements);
diesel::allow_tables_to_appear_in_same_query!(agreement_templates, auth_accounts);
diesel::allow_tables_to_appear_in_same_query!(agreement_templates, units);
diesel::allow_tables_to_appear_in_same_query!(agreements, auth_accounts);
diesel::allow_tables_to_appear_in_same_query!(agreements, auth_codes);
diesel::allow_tables_to_appear_in_same_query!(agreements, ceremonies);
diesel::allow_tables_to_appear_in_same_query!(agreements, ceremony_agreements);
diesel::allow_tables_to_appear_in_same_query!(agreements, content_pages);
diesel::allow_tables_to_appear_in_same_query!(agreements, enterprise_contacts);
diesel::allow_tables_to_appear_in_same_query!(agreements, enterprises);
diesel::allow_tables_to_appear_in_same_query!(agreements, files);
diesel::allow_tables_to_appear_in_same_query!(agreements, gatherings);
diesel::allow_tables_to_appear_in_same_query!(agreements, institutions);
diesel::allow_tables_to_appear_in_same_query!(agreements, leads);
diesel::allow_tables_to_appear_in_same_query!(agreements, map_sites);
diesel::allow_tables_to_appear_in_same_query!(agreements, notifications);
diesel::allow_tables_to_appear_in_same_query!(agreements, offers);
diesel::allow_tables_to_appear_in_same_query!(agreements, projects);
diesel::allow_tables_to_appear_in_same_query!(agreements, seal_steps);
diesel::allow_tables_to_appear_in_same_query!(agreements, seal_uses);
diesel::allow_tables_to_appear_in_same_query!(agreements, seals);
diesel::allow_tables_to_appear_in_same_query!(agreements, search_changes);
diesel::allow_tables_to_appear_in_same_query!(agreements, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(agreements, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(agreements, units);
diesel::allow_tables_to_appear_in_same_query!(agreements, wechat_rights_tasks);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, auth_roles);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, auth_sessions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, auth_task_forces);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, auth_wechat_identities);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, chain_versions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, content_checks);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, content_pages);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, content_version_steps);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, content_versions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, enterprise_contacts);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, enterprises);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, files);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, gatherings);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, institutions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, lead_credit_rules);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, lead_credit_shares);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, lead_credit_slips);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, leads);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, map_site_versions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, map_sites);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, notification_deliveries);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, notification_mails);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, notifications);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, offers);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, projects);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, saved_views);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, seal_steps);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, seal_uses);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, seals);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, search_changes);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, talk_availabilities);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, talk_availability_exceptions);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, talk_hosts);
diesel::allow_tables_to_appear_in_same_query!(auth_accounts, units);
diesel::allow_tables_to_appear_in_same_query!(auth_phone_uses, auth_wechat_identities);
diesel::allow_tables_to_appear_in_same_query!(auth_roles, auth_task_forces);
diesel::allow_tables_to_appear_in_same_query!(auth_roles, talk_availabilities);
diesel::allow_tables_to_appear_in_same_query!(auth_roles, talk_availability_exceptions);
diesel::allow_tables_to_appear_in_same_query!(auth_roles, talk_hosts);
diesel::allow_tables_to_appear_in_same_query!(auth_roles, units);
diesel::allow_tables_to_appear_in_same_query!(auth_task_forces, units);
diesel::allow_tables_to_appear_in_same_query!(auth_wechat_identities, content_checks);
diesel::allow_tables_to_appear_in_same_query!(auth_wechat_identities, files);
diesel::allow_tables_to_appear_in_same_query!(auth_wechat_identities, leads);
diesel::allow_tables_to_appear_in_same_query!(auth_wechat_identities, notification_deliveries);
diesel::allow_tables_to_appear_in_same_query!(auth_wechat_identities, notifications);
diesel::allow_tables_to_appear_in_same_query!(ceremonies, ceremony_agreements);
diesel::allow_tables_to_appear_in_same_query!(ceremonies, files);
diesel::allow_tables_to_appear_in_same_query!(ceremonies, units);
diesel::allow_tables_to_appear_in_same_query!(ceremony_agreements, units);
diesel::allow_tables_to_appear_in_same_query!(chain_versions, units);
diesel::allow_tables_to_appear_in_same_query!(content_checks, enterprises);
diesel::allow_tables_to_appear_in_same_query!(content_checks, files);
diesel::allow_tables_to_appear_in_same_query!(content_checks, gatherings);
diesel::allow_tables_to_appear_in_same_query!(content_checks, institutions);
diesel::allow_tables_to_appear_in_same_query!(content_checks, leads);
diesel::allow_tables_to_appear_in_same_query!(content_checks, notifications);
diesel::allow_tables_to_appear_in_same_query!(content_checks, offers);
diesel::allow_tables_to_appear_in_same_query!(content_checks, projects);
diesel::allow_tables_to_appear_in_same_query!(content_checks, saved_views);
diesel::allow_tables_to_appear_in_same_query!(content_checks, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(content_checks, talk_messages);
diesel::allow_tables_to_appear_in_same_query!(content_checks, units);
diesel::allow_tables_to_appear_in_same_query!(content_clock, content_pages);
diesel::allow_tables_to_appear_in_same_query!(content_media, content_page_media);
diesel::allow_tables_to_appear_in_same_query!(content_media, content_pages);
diesel::allow_tables_to_appear_in_same_query!(content_media, files);
diesel::allow_tables_to_appear_in_same_query!(content_page_media, content_pages);
diesel::allow_tables_to_appear_in_same_query!(content_page_media, files);
diesel::allow_tables_to_appear_in_same_query!(content_pages, enterprise_contacts);
diesel::allow_tables_to_appear_in_same_query!(content_pages, enterprises);
diesel::allow_tables_to_appear_in_same_query!(content_pages, files);
diesel::allow_tables_to_appear_in_same_query!(content_pages, gatherings);
diesel::allow_tables_to_appear_in_same_query!(content_pages, leads);
diesel::allow_tables_to_appear_in_same_query!(content_pages, map_sites);
diesel::allow_tables_to_appear_in_same_query!(content_pages, projects);
diesel::allow_tables_to_appear_in_same_query!(content_pages, search_changes);
diesel::allow_tables_to_appear_in_same_query!(content_pages, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(content_pages, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(content_pages, units);
diesel::allow_tables_to_appear_in_same_query!(content_version_steps, content_versions);
diesel::allow_tables_to_appear_in_same_query!(enterprise_batches, enterprises);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, enterprise_log_entries);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, enterprise_merges);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, enterprise_pursuits);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, enterprises);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, gatherings);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, leads);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, map_sites);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, projects);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, search_changes);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(enterprise_contacts, units);
diesel::allow_tables_to_appear_in_same_query!(enterprise_log_entries, enterprise_merges);
diesel::allow_tables_to_appear_in_same_query!(enterprise_log_entries, enterprise_pursuits);
diesel::allow_tables_to_appear_in_same_query!(enterprise_log_entries, enterprises);
diesel::allow_tables_to_appear_in_same_query!(enterprise_merges, enterprise_pursuits);
diesel::allow_tables_to_appear_in_same_query!(enterprise_merges, enterprises);
diesel::allow_tables_to_appear_in_same_query!(enterprise_pursuits, enterprises);
diesel::allow_tables_to_appear_in_same_query!(enterprises, files);
diesel::allow_tables_to_appear_in_same_query!(enterprises, gatherings);
diesel::allow_tables_to_appear_in_same_query!(enterprises, institution_log_entries);
diesel::allow_tables_to_appear_in_same_query!(enterprises, institutions);
diesel::allow_tables_to_appear_in_same_query!(enterprises, lead_likeness_reviews);
diesel::allow_tables_to_appear_in_same_query!(enterprises, leads);
diesel::allow_tables_to_appear_in_same_query!(enterprises, map_features);
diesel::allow_tables_to_appear_in_same_query!(enterprises, map_sites);
diesel::allow_tables_to_appear_in_same_query!(enterprises, notifications);
diesel::allow_tables_to_appear_in_same_query!(enterprises, offers);
diesel::allow_tables_to_appear_in_same_query!(enterprises, projects);
diesel::allow_tables_to_appear_in_same_query!(enterprises, saved_views);
diesel::allow_tables_to_appear_in_same_query!(enterprises, seals);
diesel::allow_tables_to_appear_in_same_query!(enterprises, search_changes);
diesel::allow_tables_to_appear_in_same_query!(enterprises, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(enterprises, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(enterprises, units);
diesel::allow_tables_to_appear_in_same_query!(ess_callbacks, files);
diesel::allow_tables_to_appear_in_same_query!(files, gatherings);
diesel::allow_tables_to_appear_in_same_query!(files, institution_agreements);
diesel::allow_tables_to_appear_in_same_query!(files, institutions);
diesel::allow_tables_to_appear_in_same_query!(files, lead_attachments);
diesel::allow_tables_to_appear_in_same_query!(files, lead_ledger_checkpoints);
diesel::allow_tables_to_appear_in_same_query!(files, lead_ledger_entries);
diesel::allow_tables_to_appear_in_same_query!(files, leads);
diesel::allow_tables_to_appear_in_same_query!(files, map_site_photos);
diesel::allow_tables_to_appear_in_same_query!(files, notifications);
diesel::allow_tables_to_appear_in_same_query!(files, offers);
diesel::allow_tables_to_appear_in_same_query!(files, projects);
diesel::allow_tables_to_appear_in_same_query!(files, saved_views);
diesel::allow_tables_to_appear_in_same_query!(files, seal_steps);
diesel::allow_tables_to_appear_in_same_query!(files, seal_uses);
diesel::allow_tables_to_appear_in_same_query!(files, seals);
diesel::allow_tables_to_appear_in_same_query!(files, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(files, talk_messages);
diesel::allow_tables_to_appear_in_same_query!(files, units);
diesel::allow_tables_to_appear_in_same_query!(files, wechat_rights_tasks);
diesel::allow_tables_to_appear_in_same_query!(gathering_check_ins, gathering_leads);
diesel::allow_tables_to_appear_in_same_query!(gathering_check_ins, gathering_registrations);
diesel::allow_tables_to_appear_in_same_query!(gathering_check_ins, gatherings);
diesel::allow_tables_to_appear_in_same_query!(gathering_check_ins, leads);
diesel::allow_tables_to_appear_in_same_query!(gathering_leads, gathering_registrations);
diesel::allow_tables_to_appear_in_same_query!(gathering_leads, gatherings);
diesel::allow_tables_to_appear_in_same_query!(gathering_leads, leads);
diesel::allow_tables_to_appear_in_same_query!(gathering_questions, gathering_votes);
diesel::allow_tables_to_appear_in_same_query!(gathering_questions, gatherings);
diesel::allow_tables_to_appear_in_same_query!(gathering_registrations, gatherings);
diesel::allow_tables_to_appear_in_same_query!(gathering_registrations, leads);
diesel::allow_tables_to_appear_in_same_query!(gathering_votes, gatherings);
diesel::allow_tables_to_appear_in_same_query!(gatherings, institutions);
diesel::allow_tables_to_appear_in_same_query!(gatherings, leads);
diesel::allow_tables_to_appear_in_same_query!(gatherings, map_sites);
diesel::allow_tables_to_appear_in_same_query!(gatherings, notifications);
diesel::allow_tables_to_appear_in_same_query!(gatherings, offers);
diesel::allow_tables_to_appear_in_same_query!(gatherings, projects);
diesel::allow_tables_to_appear_in_same_query!(gatherings, saved_views);
diesel::allow_tables_to_appear_in_same_query!(gatherings, seals);
diesel::allow_tables_to_appear_in_same_query!(gatherings, search_changes);
diesel::allow_tables_to_appear_in_same_query!(gatherings, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(gatherings, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(gatherings, units);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institution_bringers);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institution_contacts);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institution_industries);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institution_log_entries);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institution_regions);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_agreements, units);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, institution_contacts);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, institution_industries);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, institution_log_entries);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, institution_regions);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, leads);
diesel::allow_tables_to_appear_in_same_query!(institution_bringers, units);
diesel::allow_tables_to_appear_in_same_query!(institution_contacts, institution_industries);
diesel::allow_tables_to_appear_in_same_query!(institution_contacts, institution_log_entries);
diesel::allow_tables_to_appear_in_same_query!(institution_contacts, institution_regions);
diesel::allow_tables_to_appear_in_same_query!(institution_contacts, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_contacts, units);
diesel::allow_tables_to_appear_in_same_query!(institution_industries, institution_log_entries);
diesel::allow_tables_to_appear_in_same_query!(institution_industries, institution_regions);
diesel::allow_tables_to_appear_in_same_query!(institution_industries, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_industries, units);
diesel::allow_tables_to_appear_in_same_query!(institution_log_entries, institution_regions);
diesel::allow_tables_to_appear_in_same_query!(institution_log_entries, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_log_entries, units);
diesel::allow_tables_to_appear_in_same_query!(institution_regions, institutions);
diesel::allow_tables_to_appear_in_same_query!(institution_regions, units);
diesel::allow_tables_to_appear_in_same_query!(institutions, lead_appointment_records);
diesel::allow_tables_to_appear_in_same_query!(institutions, lead_appointments);
diesel::allow_tables_to_appear_in_same_query!(institutions, lead_projects);
diesel::allow_tables_to_appear_in_same_query!(institutions, leads);
diesel::allow_tables_to_appear_in_same_query!(institutions, notifications);
diesel::allow_tables_to_appear_in_same_query!(institutions, offers);
diesel::allow_tables_to_appear_in_same_query!(institutions, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(institutions, projects);
diesel::allow_tables_to_appear_in_same_query!(institutions, saved_views);
diesel::allow_tables_to_appear_in_same_query!(institutions, seals);
diesel::allow_tables_to_appear_in_same_query!(institutions, units);
diesel::allow_tables_to_appear_in_same_query!(lead_appeals, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, lead_appointments);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, lead_confirmations);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, lead_projects);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(lead_appointment_records, projects);
diesel::allow_tables_to_appear_in_same_query!(lead_appointments, lead_confirmations);
diesel::allow_tables_to_appear_in_same_query!(lead_appointments, lead_projects);
diesel::allow_tables_to_appear_in_same_query!(lead_appointments, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_appointments, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(lead_appointments, projects);
diesel::allow_tables_to_appear_in_same_query!(lead_attachments, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_calls, lead_confirmations);
diesel::allow_tables_to_appear_in_same_query!(lead_calls, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_clocks, lead_escalations);
diesel::allow_tables_to_appear_in_same_query!(lead_clocks, lead_pauses);
diesel::allow_tables_to_appear_in_same_query!(lead_clocks, lead_pool_places);
diesel::allow_tables_to_appear_in_same_query!(lead_clocks, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_confirmations, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_contacts, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_rules, lead_credit_shares);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_rules, lead_credit_slips);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_rules, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_rules, units);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_shares, lead_credit_slips);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_shares, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_shares, units);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_slips, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_credit_slips, units);
diesel::allow_tables_to_appear_in_same_query!(lead_enquiries, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_escalations, lead_pauses);
diesel::allow_tables_to_appear_in_same_query!(lead_escalations, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_handovers, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_checkpoints, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_entries, lead_ledger_heads);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_entries, lead_ledger_nodes);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_entries, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_heads, lead_ledger_nodes);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_heads, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_ledger_nodes, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_likeness_reviews, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_likeness_reviews, units);
diesel::allow_tables_to_appear_in_same_query!(lead_pauses, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_pool_places, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_projects, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_projects, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(lead_projects, projects);
diesel::allow_tables_to_appear_in_same_query!(lead_screenings, leads);
diesel::allow_tables_to_appear_in_same_query!(lead_settings, leads);
diesel::allow_tables_to_appear_in_same_query!(leads, map_sites);
diesel::allow_tables_to_appear_in_same_query!(leads, notification_deliveries);
diesel::allow_tables_to_appear_in_same_query!(leads, notification_subscriptions);
diesel::allow_tables_to_appear_in_same_query!(leads, notifications);
diesel::allow_tables_to_appear_in_same_query!(leads, offers);
diesel::allow_tables_to_appear_in_same_query!(leads, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(leads, projects);
diesel::allow_tables_to_appear_in_same_query!(leads, saved_views);
diesel::allow_tables_to_appear_in_same_query!(leads, seals);
diesel::allow_tables_to_appear_in_same_query!(leads, search_changes);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_booking_moves);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_minutes_confirmations);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_minutes_versions);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_proposals);
diesel::allow_tables_to_appear_in_same_query!(leads, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(leads, units);
diesel::allow_tables_to_appear_in_same_query!(leads, wechat_rights_tasks);
diesel::allow_tables_to_appear_in_same_query!(map_changes, map_clock);
diesel::allow_tables_to_appear_in_same_query!(map_changes, map_sites);
diesel::allow_tables_to_appear_in_same_query!(map_changes, units);
diesel::allow_tables_to_appear_in_same_query!(map_clock, map_sites);
diesel::allow_tables_to_appear_in_same_query!(map_clock, units);
diesel::allow_tables_to_appear_in_same_query!(map_imports, map_site_versions);
diesel::allow_tables_to_appear_in_same_query!(map_imports, units);
diesel::allow_tables_to_appear_in_same_query!(map_red_lines, map_site_utilities);
diesel::allow_tables_to_appear_in_same_query!(map_site_checks, map_site_reminders);
diesel::allow_tables_to_appear_in_same_query!(map_site_checks, map_sites);
diesel::allow_tables_to_appear_in_same_query!(map_site_checks, units);
diesel::allow_tables_to_appear_in_same_query!(map_site_reminders, map_sites);
diesel::allow_tables_to_appear_in_same_query!(map_site_reminders, units);
diesel::allow_tables_to_appear_in_same_query!(map_site_reports, units);
diesel::allow_tables_to_appear_in_same_query!(map_site_versions, units);
diesel::allow_tables_to_appear_in_same_query!(map_sites, projects);
diesel::allow_tables_to_appear_in_same_query!(map_sites, search_changes);
diesel::allow_tables_to_appear_in_same_query!(map_sites, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(map_sites, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(map_sites, units);
diesel::allow_tables_to_appear_in_same_query!(notification_deliveries, notifications);
diesel::allow_tables_to_appear_in_same_query!(notification_mails, notifications);
diesel::allow_tables_to_appear_in_same_query!(notification_settings, notifications);
diesel::allow_tables_to_appear_in_same_query!(notifications, offers);
diesel::allow_tables_to_appear_in_same_query!(notifications, projects);
diesel::allow_tables_to_appear_in_same_query!(notifications, saved_views);
diesel::allow_tables_to_appear_in_same_query!(notifications, units);
diesel::allow_tables_to_appear_in_same_query!(notifications, wechat_rights_tasks);
diesel::allow_tables_to_appear_in_same_query!(offer_readings, offers);
diesel::allow_tables_to_appear_in_same_query!(offers, projects);
diesel::allow_tables_to_appear_in_same_query!(offers, saved_views);
diesel::allow_tables_to_appear_in_same_query!(offers, seals);
diesel::allow_tables_to_appear_in_same_query!(offers, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(offers, talk_booking_moves);
diesel::allow_tables_to_appear_in_same_query!(offers, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(offers, talk_proposals);
diesel::allow_tables_to_appear_in_same_query!(offers, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(offers, units);
diesel::allow_tables_to_appear_in_same_query!(project_counters, project_stage_moves);
diesel::allow_tables_to_appear_in_same_query!(project_counters, projects);
diesel::allow_tables_to_appear_in_same_query!(project_stage_moves, projects);
diesel::allow_tables_to_appear_in_same_query!(projects, saved_views);
diesel::allow_tables_to_appear_in_same_query!(projects, seals);
diesel::allow_tables_to_appear_in_same_query!(projects, search_changes);
diesel::allow_tables_to_appear_in_same_query!(projects, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(projects, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(projects, units);
diesel::allow_tables_to_appear_in_same_query!(saved_views, units);
diesel::allow_tables_to_appear_in_same_query!(seal_steps, seal_uses);
diesel::allow_tables_to_appear_in_same_query!(seal_steps, seals);
diesel::allow_tables_to_appear_in_same_query!(seal_steps, units);
diesel::allow_tables_to_appear_in_same_query!(seal_uses, seals);
diesel::allow_tables_to_appear_in_same_query!(seal_uses, units);
diesel::allow_tables_to_appear_in_same_query!(seals, units);
diesel::allow_tables_to_appear_in_same_query!(search_changes, talk_booking_hosts);
diesel::allow_tables_to_appear_in_same_query!(search_changes, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(search_changes, units);
diesel::allow_tables_to_appear_in_same_query!(talk_availabilities, talk_availability_exceptions);
diesel::allow_tables_to_appear_in_same_query!(talk_availabilities, talk_hosts);
diesel::allow_tables_to_appear_in_same_query!(talk_availabilities, units);
diesel::allow_tables_to_appear_in_same_query!(talk_availability_exceptions, talk_hosts);
diesel::allow_tables_to_appear_in_same_query!(talk_availability_exceptions, units);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_hosts, talk_booking_moves);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_hosts, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_hosts, talk_proposals);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_hosts, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_hosts, units);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_moves, talk_bookings);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_moves, talk_proposals);
diesel::allow_tables_to_appear_in_same_query!(talk_booking_moves, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_conference_events);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_conferences);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_follow_up_reminders);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_follow_ups);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_messages);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_proposals);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_reminders);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(talk_bookings, units);
diesel::allow_tables_to_appear_in_same_query!(talk_conference_events, talk_conferences);
diesel::allow_tables_to_appear_in_same_query!(talk_follow_up_reminders, talk_follow_ups);
diesel::allow_tables_to_appear_in_same_query!(talk_guest_moves, talk_guests);
diesel::allow_tables_to_appear_in_same_query!(talk_holiday_years, talk_holidays);
diesel::allow_tables_to_appear_in_same_query!(talk_hosts, units);
diesel::allow_tables_to_appear_in_same_query!(talk_minutes_confirmations, talk_minutes_versions);
diesel::allow_tables_to_appear_in_same_query!(talk_proposals, talk_slot_claims);
diesel::allow_tables_to_appear_in_same_query!(talk_wishes, units);
