//! A confirmation: the investor says, through an expiring link and without an account, who brought them.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::deals::leads::rules::ConfirmationAnswer;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::platform::keys::Keys;
use crate::schema::{lead_calls, lead_confirmations};

pub const EXPIRED: Code = Code::new(
    "confirmation.expired",
    "链接已过期，请联系带您来的人重新发送",
    "This link has expired; ask whoever brought you for a new one",
);
pub const ANSWERED: Code = Code::new(
    "confirmation.already_answered",
    "您已经确认过，答复已作为证据保存，不能再改",
    "You have answered already; the answer is kept as evidence and cannot be changed",
);
pub const CALLED: Code = Code::new(
    "confirmation.already_called",
    "今天已经收到您的反映并已上报，请明天再试",
    "Your call of today was passed on already; try again tomorrow",
);

crate::typed_id!(ConfirmationId);
crate::typed_id!(CallId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_confirmations)]
pub struct Confirmation {
    pub id: ConfirmationId,
    pub lead_id: LeadId,
    pub asked_by: AccountId,
    pub asked_at: Time,
    pub expires_at: Time,
    pub answer: Option<ConfirmationAnswer>,
    pub words: Option<String>,
    pub answered_at: Option<Time>,
    /// Where the answer stands in the ledger
    pub sequence: Option<i64>,
}

/// That an investor said "nobody has answered me"; once a day, the table refuses more.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_calls)]
pub struct Call {
    pub id: CallId,
    pub lead_id: LeadId,
    pub confirmation_id: ConfirmationId,
    pub called_on: NaiveDate,
    pub called_at: Time,
    pub words: Option<String>,
}

impl Confirmation {
    /// What the link proves itself with: made from the id, so that no table holds it.
    pub fn token(keys: &Keys, id: &ConfirmationId) -> String {
        keys.hash(&["lead_confirmation", id.as_str()]).chars().take(43).collect()
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_confirmations::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Holds the row until the transaction ends, so that two answers at once are one after the other.
    pub fn take(conn: &mut DbConn, id: &ConfirmationId, now: Time) -> Result<Self, AppError> {
        use lead_confirmations as t;
        let query = t::table.filter(t::id.eq(id.clone()));
        let found: Self = Locked { query, skip: false }.load(conn)?.pop().ok_or(AppError::NotFound)?;
        if found.expires_at > now { Ok(found) } else { Err(AppError::Conflict(&EXPIRED)) }
    }

    pub fn find(conn: &mut DbConn, id: &ConfirmationId) -> Result<Self, AppError> {
        lead_confirmations::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_confirmations as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Agree and disagree are final; "later" leaves the question open.
    pub fn is_final(&self) -> bool {
        matches!(self.answer, Some(ConfirmationAnswer::Agree | ConfirmationAnswer::Disagree))
    }

    pub fn answer(
        &self,
        conn: &mut DbConn,
        answer: ConfirmationAnswer,
        words: Option<&str>,
        sequence: i64,
        now: Time,
    ) -> Result<(), AppError> {
        use lead_confirmations as t;
        diesel::update(t::table.find(&self.id))
            .set((
                t::answer.eq(Some(answer)),
                t::words.eq(words.map(str::to_owned)),
                t::answered_at.eq(Some(now)),
                t::sequence.eq(Some(sequence)),
            ))
            .execute(conn)?;
        Ok(())
    }
}

impl Call {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_calls::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&CALLED) } else { e.into() })?;
        Ok(())
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_calls as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }
}

/// The last answer that an investor gave about each side of a case.
pub fn last_answer(all: &[Confirmation], lead: &LeadId) -> Option<ConfirmationAnswer> {
    let of_this = all.iter().filter(|c| c.lead_id == *lead);
    of_this
        .filter_map(|c| Some((c.answered_at?, c.answer?)))
        .max_by_key(|(at, _)| *at)
        .map(|(_, answer)| answer)
}
