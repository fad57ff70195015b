//! A check-in: that somebody came, counted once. When the server heard of it, and apart from that when the phone says it was.
use std::collections::HashMap;

use diesel::prelude::*;

use crate::deals::gatherings::gathering::GatheringId;
use crate::deals::gatherings::registration::{Registration, RegistrationId, RegistrationState, hash_of};
use crate::each_database;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{gathering_check_ins, gathering_registrations};

crate::text_enum! {
    /// How somebody was seen to come.
    pub enum CheckInWay {
        Scan = "scan", "扫码签到", "Ticket scanned";
        Hand = "hand", "人工签到", "By name at the door";
        Live = "live", "线上参加", "On line";
    }
}
crate::text_enum! {
    /// What became of a ticket at the door.
    pub enum CheckInOutcome {
        Came = "came", "签到成功", "Checked in";
        Already = "already", "已签到过", "Checked in before";
        Waiting = "waiting", "仅为候补", "Only on the waiting list";
        GivenBack = "given_back", "已退出报名", "The place was given back";
        Unknown = "unknown", "不是本次活动的门票", "Not a ticket of this event";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = gathering_check_ins)]
pub struct CheckIn {
    pub registration_id: RegistrationId,
    pub gathering_id: GatheringId,
    pub way: CheckInWay,
    pub by_id: AccountId,
    pub received_at: Time,
    /// As the phone at the door says, when it was off line
    pub phone_at: Option<Time>,
}

/// Who shows a ticket, or is found on the list.
#[derive(Debug, Clone)]
pub enum Shown {
    Ticket(String),
    Registration(RegistrationId),
}

/// Whoever this ticket belongs to, at this gathering.
pub fn holder(
    conn: &mut DbConn,
    gathering: &GatheringId,
    shown: &Shown,
) -> Result<Option<Registration>, AppError> {
    use gathering_registrations as t;
    let of_gathering = t::table.filter(t::gathering_id.eq(gathering));
    Ok(match shown {
        Shown::Ticket(ticket) => {
            of_gathering.filter(t::ticket_hash.eq(hash_of(ticket))).first(conn).optional()?
        }
        Shown::Registration(id) => of_gathering.filter(t::id.eq(id)).first(conn).optional()?,
    })
}

/// Counts somebody who has a place, once: the table has one row a registration.
pub fn count(
    conn: &mut DbConn,
    registration: &Registration,
    way: CheckInWay,
    by: &AccountId,
    (now, phone_at): (Time, Option<Time>),
) -> Result<(CheckInOutcome, Option<CheckIn>), AppError> {
    match registration.state {
        RegistrationState::Waiting => return Ok((CheckInOutcome::Waiting, None)),
        RegistrationState::GivenBack => return Ok((CheckInOutcome::GivenBack, None)),
        RegistrationState::Seated => {}
    }
    let row = CheckIn {
        registration_id: registration.id.clone(),
        gathering_id: registration.gathering_id.clone(),
        way,
        by_id: by.clone(),
        received_at: now,
        phone_at,
    };
    let table = gathering_check_ins::table;
    let fresh = each_database!(conn, c => diesel::insert_into(table).values(row).on_conflict_do_nothing().execute(c))?;
    let kept: CheckIn = table.find(&registration.id).first(conn)?;
    let outcome = if fresh == 1 { CheckInOutcome::Came } else { CheckInOutcome::Already };
    Ok((outcome, Some(kept)))
}

/// Check-ins of some registrations.
pub fn of(
    conn: &mut DbConn,
    registrations: Vec<RegistrationId>,
) -> Result<HashMap<RegistrationId, CheckIn>, AppError> {
    use gathering_check_ins as t;
    let rows: Vec<CheckIn> = t::table.filter(t::registration_id.eq_any(registrations)).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.registration_id.clone(), row)).collect())
}

/// How many came to a gathering.
pub fn came(conn: &mut DbConn, gathering: &GatheringId) -> Result<i64, AppError> {
    use gathering_check_ins as t;
    Ok(t::table.filter(t::gathering_id.eq(gathering)).count().get_result(conn)?)
}
