//! One line of the audit log; the tables refuse to change or delete it.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::page::{Page, Paging};
use crate::schema::audit_entries;

crate::typed_id!(EntryId);
crate::text_enum! {
    /// How the act ended.
    pub enum Outcome {
        Done = "done", "成功", "Done";
        Refused = "refused", "被拒绝", "Refused";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = audit_entries)]
pub struct Entry {
    pub id: EntryId,
    pub at: Time,
    pub actor_id: Option<String>,
    pub actor_name: Option<String>,
    /// operation id of the OpenAPI document
    pub operation: String,
    /// what it was done to, as `noun/id`
    pub subject: Option<String>,
    pub outcome: Outcome,
    pub request_id: String,
    pub address: Option<String>,
    pub detail: Option<String>,
}

/// Narrows the log.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EntryFilter {
    pub actor_id: Option<String>,
    pub operation: Option<String>,
}

impl Entry {
    /// A line about what a clock did; nobody asked for it.
    pub fn by_the_house(operation: &str, subject: String, now: Time) -> Self {
        Self {
            id: EntryId::fresh(),
            at: now,
            actor_id: None,
            actor_name: None,
            operation: operation.to_owned(),
            subject: Some(subject),
            outcome: Outcome::Done,
            request_id: String::new(),
            address: None,
            detail: None,
        }
    }

    pub fn write(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(audit_entries::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Newest first.
    pub fn list(conn: &mut DbConn, filter: &EntryFilter, paging: &Paging) -> Result<Page<Self>, AppError> {
        use audit_entries as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if let Some(actor) = &filter.actor_id {
            query = query.filter(t::actor_id.eq(actor.clone()));
        }
        if let Some(operation) = &filter.operation {
            query = query.filter(t::operation.eq(operation.clone()));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |e| vec![e.id.to_string()]))
    }
}
