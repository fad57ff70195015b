//! A bringer: a consultant whose account speaks for an institution from one day to another; the leads of that time are
//! what the institution brought (article 7).
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::institutions::institution::InstitutionId;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::institution_bringers;

const SPEAKS_ALREADY: Code = Code::new(
    "bringer.speaks_already",
    "这个账号在这段时间已代表一家机构，请先在那里结束，或从其后的日期开始",
    "This account speaks for an institution in that time; end that first, or begin on a later day",
);

crate::typed_id!(BringerId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = institution_bringers)]
pub struct Bringer {
    pub id: BringerId,
    pub institution_id: InstitutionId,
    pub account_id: AccountId,
    pub begins_on: NaiveDate,
    /// The last day on which the account speaks for it
    pub ends_on: Option<NaiveDate>,
    pub named_by: AccountId,
    pub named_at: Time,
}

impl Bringer {
    /// An account speaks for one institution at a time: no day is counted for two.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use institution_bringers as t;
        let others = t::table.filter(t::account_id.eq(self.account_id.clone()));
        let overlapping =
            others.filter(t::ends_on.is_null().or(t::ends_on.ge(self.begins_on).assume_not_null()));
        if overlapping.count().get_result::<i64>(conn)? > 0 {
            return Err(AppError::Conflict(&SPEAKS_ALREADY));
        }
        diesel::insert_into(t::table).values(self.clone()).execute(conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&SPEAKS_ALREADY) } else { e.into() }
        })?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &BringerId) -> Result<Self, AppError> {
        institution_bringers::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Of an institution, oldest first.
    pub fn of(conn: &mut DbConn, institution: &InstitutionId) -> Result<Vec<Self>, AppError> {
        use institution_bringers as t;
        Ok(t::table.filter(t::institution_id.eq(institution.clone())).order(t::id.asc()).load(conn)?)
    }

    /// Whether what the account did at this time was done for the institution.
    pub fn covers(&self, at: Time) -> bool {
        at.day() >= self.begins_on && self.ends_on.is_none_or(|last| at.day() <= last)
    }

    pub fn end(&self, conn: &mut DbConn, on: NaiveDate) -> Result<(), AppError> {
        use institution_bringers as t;
        let on = on.max(self.begins_on);
        let running = t::table.find(&self.id).filter(t::ends_on.is_null());
        match diesel::update(running).set(t::ends_on.eq(Some(on))).execute(conn)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&CONFLICT)),
        }
    }
}
