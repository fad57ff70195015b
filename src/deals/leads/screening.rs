//! A screening: what a lead is worth, how it fits, and which negotiation task force has the first talk (article 11).
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::error::AppError;
use crate::people::auth::{AccountId, TaskForce};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_screenings;

crate::typed_id!(ScreeningId);
crate::text_enum! {
    /// Whether a lead is worth following.
    pub enum ScreeningOutcome {
        Keep = "keep", "跟进", "Keep";
        Decline = "decline", "不予跟进", "Decline";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_screenings)]
pub struct Screening {
    pub id: ScreeningId,
    pub lead_id: LeadId,
    /// 1 to 5
    pub value: i32,
    /// 1 to 5
    pub fit: i32,
    pub task_force: TaskForce,
    pub outcome: ScreeningOutcome,
    pub note: String,
    pub screened_by: AccountId,
    pub screened_at: Time,
}

impl Screening {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_screenings::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Every screening of these leads, oldest first; the last one holds.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_screenings as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }
}
