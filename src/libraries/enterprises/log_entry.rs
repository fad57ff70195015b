//! The log of contacts: what was done with an enterprise, in order; nothing in it is changed or taken out.
use diesel::dsl::max;
use diesel::prelude::*;

use crate::error::AppError;
use crate::libraries::enterprises::enterprise::EnterpriseId;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::enterprise_log_entries;

crate::typed_id!(LogEntryId);
crate::text_enum! {
    /// How one was in contact.
    pub enum LogWay {
        Call = "call", "电话", "Call";
        VisitOut = "visit_out", "上门拜访", "Visit to them";
        VisitIn = "visit_in", "来访接待", "Visit to us";
        Meeting = "meeting", "会议洽谈", "Meeting";
        Message = "message", "信息往来", "Messages";
    }
}
crate::text_enum! {
    /// What a line of the log tells.
    pub enum LogKind {
        Call = "call", "电话", "Call";
        VisitOut = "visit_out", "上门拜访", "Visit to them";
        VisitIn = "visit_in", "来访接待", "Visit to us";
        Meeting = "meeting", "会议洽谈", "Meeting";
        Message = "message", "信息往来", "Messages";
        Extension = "extension", "延长跟进", "Extension";
        Ending = "ending", "结束跟进", "Ending";
    }
}

impl From<LogWay> for LogKind {
    fn from(way: LogWay) -> Self {
        match way {
            LogWay::Call => Self::Call,
            LogWay::VisitOut => Self::VisitOut,
            LogWay::VisitIn => Self::VisitIn,
            LogWay::Meeting => Self::Meeting,
            LogWay::Message => Self::Message,
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enterprise_log_entries)]
pub struct LogEntry {
    pub id: LogEntryId,
    pub enterprise_id: EnterpriseId,
    pub unit_id: Option<String>,
    pub kind: LogKind,
    /// When it took place
    pub at: Time,
    pub summary: String,
    pub by_id: AccountId,
    pub by_name: String,
    pub written_at: Time,
}

impl LogEntry {
    pub fn new(of: &EnterpriseId, kind: LogKind, at: Time, summary: &str, by: &Actor, now: Time) -> Self {
        Self {
            id: LogEntryId::fresh(),
            enterprise_id: of.clone(),
            unit_id: by.unit_id.clone(),
            kind,
            at,
            summary: summary.to_owned(),
            by_id: by.id.clone(),
            by_name: by.name.clone(),
            written_at: now,
        }
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(enterprise_log_entries::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The last lines that the actor may see, latest first.
    pub fn seen(
        conn: &mut DbConn,
        actor: &Actor,
        of: &[EnterpriseId],
        most: usize,
    ) -> Result<Vec<Self>, AppError> {
        use enterprise_log_entries as t;
        let all: Vec<Self> = t::table
            .filter(t::enterprise_id.eq_any(of.to_vec()))
            .order((t::at.desc(), t::id.desc()))
            .load(conn)?;
        let seen = all.into_iter().filter(|line| actor.reaches(Some(&line.by_id), line.unit_id.as_deref()));
        Ok(seen.take(most).collect())
    }

    /// When each unit was last in contact with each of these: everybody may know who else is visiting a firm.
    pub fn last_contacts(
        conn: &mut DbConn,
        of: &[EnterpriseId],
    ) -> Result<Vec<(EnterpriseId, Option<String>, Time)>, AppError> {
        use enterprise_log_entries as t;
        let kinds: Vec<LogKind> = LogWay::ALL.iter().map(|way| LogKind::from(*way)).collect();
        Ok(t::table
            .filter(t::enterprise_id.eq_any(of.to_vec()))
            .filter(t::kind.eq_any(kinds))
            .group_by((t::enterprise_id, t::unit_id))
            .select((t::enterprise_id, t::unit_id, max(t::at).assume_not_null()))
            .load(conn)?)
    }
}
