//! A follow-up: the lead that came of somebody who came; one a person and gathering, however often it is asked for.
use std::collections::HashMap;

use diesel::prelude::*;

use crate::deals::gatherings::gathering::GatheringId;
use crate::deals::leads::LeadId;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::gathering_leads;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = gathering_leads)]
pub struct FollowUp {
    pub gathering_id: GatheringId,
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub opened_by: AccountId,
    pub opened_at: Time,
}

impl FollowUp {
    pub fn find(
        conn: &mut DbConn,
        gathering: &GatheringId,
        account: &AccountId,
    ) -> Result<Option<Self>, AppError> {
        Ok(gathering_leads::table.find((gathering, account)).first(conn).optional()?)
    }

    /// The table refuses a second one.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(gathering_leads::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Leads of a gathering, by the person that they came of.
    pub fn of(conn: &mut DbConn, gathering: &GatheringId) -> Result<HashMap<AccountId, LeadId>, AppError> {
        use gathering_leads as t;
        let rows: Vec<(AccountId, LeadId)> =
            t::table.filter(t::gathering_id.eq(gathering)).select((t::account_id, t::lead_id)).load(conn)?;
        Ok(rows.into_iter().collect())
    }
}
