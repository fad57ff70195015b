//! A contact: that a unit or a negotiation task force spoke with the investor, when, how and about what. It stops the
//! unit's clock.
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::error::AppError;
use crate::people::auth::{AccountId, TaskForce};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_contacts;

crate::typed_id!(ContactId);
crate::text_enum! {
    /// How an investor was contacted.
    pub enum ContactWay {
        Meeting = "meeting", "面谈", "Meeting";
        Phone = "phone", "电话", "Phone";
        Wechat = "wechat", "微信", "WeChat";
        Mail = "mail", "邮件", "Mail";
        Visit = "visit", "上门拜访", "Visit";
    }
}

/// The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_contacts)]
pub struct Contact {
    pub id: ContactId,
    pub lead_id: LeadId,
    pub unit_id: Option<String>,
    pub way: ContactWay,
    pub words: String,
    pub made_by: AccountId,
    pub made_at: Time,
    /// In whose name a negotiator spoke, before any county or park held the lead
    pub task_force: Option<TaskForce>,
}

impl Contact {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_contacts::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_contacts as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }
}
