//! What became of a lead: the project that was opened from it, written once.
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::deals::projects::ProjectId;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_projects;

/// A lead gives one project; the table refuses a second, and any change.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_projects)]
pub struct LeadProject {
    pub lead_id: LeadId,
    pub project_id: ProjectId,
    pub opened_by: AccountId,
    pub opened_at: Time,
}

impl LeadProject {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_projects::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        Ok(lead_projects::table.filter(lead_projects::lead_id.eq_any(leads.to_vec())).load(conn)?)
    }
}
