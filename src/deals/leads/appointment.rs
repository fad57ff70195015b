//! An appointment: a consultant or a chamber outside the city, with a term, meetings, thanks and awards (article 7).
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::deals::leads::lead::{LeadId, LeadState};
use crate::deals::leads::rules::{ConfirmationAnswer, Standing};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{lead_appointment_records, lead_appointments, lead_confirmations, leads};

pub const ALREADY: Code = Code::new(
    "appointment.already_appointed",
    "这位顾问或商会已有在任的聘任，请先结束",
    "There is a running appointment; end it first",
);
pub const NOT_A_CONSULTANT: Code = Code::new(
    "appointment.not_a_consultant",
    "这个手机号没有招商顾问账号，请先请管理员开通",
    "No consultant's account has this phone; ask an administrator to open one first",
);
pub const TERM: Code =
    Code::new("appointment.term", "任期止日须晚于起日", "The last day of the term must be after the first");
pub const ENDED: Code =
    Code::new("appointment.already_ended", "这项聘任已经结束", "This appointment has ended already");

crate::typed_id!(AppointmentId);
crate::typed_id!(RecordId);
crate::text_enum! {
    /// Who is appointed.
    pub enum AppointmentKind {
        Consultant = "consultant", "招商顾问", "Consultant";
        Chamber = "chamber", "异地商协会", "Chamber of commerce";
    }
}
crate::text_enum! {
    /// What is written down of an appointment.
    pub enum RecordKind {
        Meeting = "meeting", "参加会议活动", "Meeting";
        Thanks = "thanks", "致谢", "Thanks";
        Award = "award", "奖励", "Award";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_appointments)]
pub struct Appointment {
    pub id: AppointmentId,
    pub kind: AppointmentKind,
    pub name: String,
    pub account_id: AccountId,
    pub region: String,
    pub document_no: Option<String>,
    pub begins_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<String>,
    pub appointed_by: AccountId,
    pub appointed_at: Time,
    pub demo: bool,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_appointment_records)]
pub struct Record {
    pub id: RecordId,
    pub appointment_id: AppointmentId,
    pub kind: RecordKind,
    pub held_on: NaiveDate,
    pub title: String,
    pub amount_fen: Option<i64>,
    pub written_by: AccountId,
    pub written_at: Time,
}

/// What somebody brought, counted from the leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Performance {
    pub submitted: i64,
    pub first: i64,
    pub accepted: i64,
    pub in_project: i64,
    pub declined: i64,
    pub confirmed: i64,
}

impl Appointment {
    /// One at a time for an account: the table refuses a second.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_appointments::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    /// The appointment, when it lies within the actor's reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &AppointmentId) -> Result<Self, AppError> {
        let found: Self =
            lead_appointments::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        if actor.reaches(Some(&found.account_id), None) { Ok(found) } else { Err(AppError::NotFound) }
    }

    /// Newest first, within the actor's reach; or one alone.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        one: Option<&AppointmentId>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use lead_appointments as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if actor.scope() != Scope::Any {
            query = query.filter(t::account_id.eq(actor.id.clone()));
        }
        if let Some(id) = one {
            query = query.filter(t::id.eq(id.clone()));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |a| vec![a.id.to_string()]))
    }

    pub fn end(&self, conn: &mut DbConn, on: NaiveDate, reason: &str) -> Result<(), AppError> {
        use lead_appointments as t;
        let ended = diesel::update(t::table.find(&self.id).filter(t::ended_on.is_null()))
            .set((t::ended_on.eq(Some(on)), t::end_reason.eq(Some(reason.to_owned()))))
            .execute(conn)?;
        if ended == 1 { Ok(()) } else { Err(AppError::Conflict(&ENDED)) }
    }

    /// Counts for all of these at once.
    pub fn performance(
        conn: &mut DbConn,
        accounts: Vec<AccountId>,
    ) -> Result<HashMap<AccountId, Performance>, AppError> {
        let counted: Vec<(AccountId, LeadState, Standing, i64)> = leads::table
            .filter(leads::submitted_by.eq_any(accounts.clone()))
            .group_by((leads::submitted_by, leads::state, leads::standing))
            .select((leads::submitted_by, leads::state, leads::standing, count_star()))
            .load(conn)?;
        let mut all: HashMap<AccountId, Performance> = HashMap::new();
        for (account, state, standing, n) in counted {
            let of = all.entry(account).or_default();
            of.submitted += n;
            if standing == Standing::First {
                of.first += n;
            }
            match state {
                LeadState::Accepted => of.accepted += n,
                LeadState::InProject => of.in_project += n,
                LeadState::Declined => of.declined += n,
                _ => {}
            }
        }
        let confirmed: Vec<(AccountId, LeadId)> = lead_confirmations::table
            .inner_join(leads::table)
            .filter(leads::submitted_by.eq_any(accounts))
            .filter(lead_confirmations::answer.eq(ConfirmationAnswer::Agree))
            .select((leads::submitted_by, leads::id))
            .distinct()
            .load(conn)?;
        for (account, _) in confirmed {
            all.entry(account).or_default().confirmed += 1;
        }
        Ok(all)
    }
}

impl Record {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_appointment_records::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// By day, the newest first.
    pub fn of(conn: &mut DbConn, appointments: &[AppointmentId]) -> Result<Vec<Self>, AppError> {
        use lead_appointment_records as t;
        let query = t::table.filter(t::appointment_id.eq_any(appointments.to_vec()));
        Ok(query.order((t::held_on.desc(), t::id.desc())).load(conn)?)
    }
}
