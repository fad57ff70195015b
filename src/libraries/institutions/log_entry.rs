//! The log of contacts with an institution, in order, each with what comes next; nothing in it is changed or taken out.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::error::AppError;
use crate::libraries::enterprises::LogWay;
use crate::libraries::institutions::institution::InstitutionId;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::institution_log_entries;

crate::typed_id!(InstitutionLogEntryId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = institution_log_entries)]
pub struct LogEntry {
    pub id: InstitutionLogEntryId,
    pub institution_id: InstitutionId,
    pub unit_id: Option<String>,
    pub way: LogWay,
    /// When it took place
    pub at: Time,
    pub summary: String,
    pub next_step: Option<String>,
    pub next_step_on: Option<NaiveDate>,
    pub by_id: AccountId,
    pub by_name: String,
    pub written_at: Time,
}

impl LogEntry {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(institution_log_entries::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The last lines that the actor may see, latest first.
    pub fn seen(
        conn: &mut DbConn,
        actor: &Actor,
        of: &InstitutionId,
        most: usize,
    ) -> Result<Vec<Self>, AppError> {
        use institution_log_entries as t;
        let all: Vec<Self> = t::table
            .filter(t::institution_id.eq(of.clone()))
            .order((t::at.desc(), t::id.desc()))
            .load(conn)?;
        let seen = all.into_iter().filter(|line| actor.reaches(Some(&line.by_id), line.unit_id.as_deref()));
        Ok(seen.take(most).collect())
    }
}
