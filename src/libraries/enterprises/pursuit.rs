//! A pursuit: a unit courts an enterprise, says what it does next, and lets go when nothing happens.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::enterprises::enterprise::EnterpriseId;
use crate::libraries::enterprises::rules;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::{enterprise_pursuits, enterprises};

const ALREADY_COURTED: Code = Code::new(
    "pursuit.already_open",
    "本单位已在跟进这家企业，请直接记录进展",
    "Your unit courts this enterprise already; write down what happened instead",
);

pub const NO_UNIT: Code = Code::new(
    "pursuit.no_unit",
    "您的账号不属于任何责任单位，不能跟进企业，请联系管理员",
    "Your account belongs to no unit, so it cannot court an enterprise; ask an administrator",
);

crate::typed_id!(PursuitId);
crate::text_enum! {
    /// Whether a unit still courts an enterprise.
    pub enum PursuitState {
        Open = "open", "跟进中", "Courting";
        Lapsed = "lapsed", "已到期", "Lapsed";
        Ended = "ended", "已结束", "Ended";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enterprise_pursuits)]
pub struct Pursuit {
    pub id: PursuitId,
    pub enterprise_id: EnterpriseId,
    pub unit_id: String,
    pub state: PursuitState,
    pub since: Time,
    pub next_step: String,
    pub next_step_on: NaiveDate,
    /// The last day on which it holds if nothing is written
    pub lapses_on: NaiveDate,
    pub opened_by: AccountId,
    pub closed_at: Option<Time>,
    /// Why it was ended
    pub reason: Option<String>,
    /// Follows its enterprise: the table sees to it
    pub touched_at: Time,
}

impl Pursuit {
    pub fn begin(
        enterprise: &EnterpriseId,
        unit: String,
        next: (String, NaiveDate),
        by: &Actor,
        now: Time,
    ) -> Self {
        Self {
            id: PursuitId::fresh(),
            enterprise_id: enterprise.clone(),
            unit_id: unit,
            state: PursuitState::Open,
            since: now,
            next_step: next.0,
            next_step_on: next.1,
            lapses_on: rules::lapses_after_contact(now.day()),
            opened_by: by.id.clone(),
            closed_at: None,
            reason: None,
            touched_at: now,
        }
    }

    /// A unit courts an enterprise once at a time: the table refuses a second pursuit.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(enterprise_pursuits::table).values(self.clone()).execute(conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&ALREADY_COURTED) } else { e.into() }
        })?;
        Ok(())
    }

    /// The open pursuit, when it is of the actor's unit or the actor reaches all.
    pub fn open(conn: &mut DbConn, actor: &Actor, id: &PursuitId) -> Result<Self, AppError> {
        let found: Self =
            enterprise_pursuits::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        if !actor.reaches(None, Some(&found.unit_id)) {
            return Err(AppError::NotFound);
        }
        if found.state == PursuitState::Open { Ok(found) } else { Err(AppError::Conflict(&CONFLICT)) }
    }

    /// The pursuits of some enterprises, oldest first.
    pub fn of(conn: &mut DbConn, enterprises: &[EnterpriseId]) -> Result<Vec<Self>, AppError> {
        use enterprise_pursuits as t;
        Ok(t::table.filter(t::enterprise_id.eq_any(enterprises.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Something was done: the open pursuit of this unit holds so much longer.
    pub fn renew(
        conn: &mut DbConn,
        enterprise: &EnterpriseId,
        unit: &str,
        day: NaiveDate,
        next: Option<(String, NaiveDate)>,
    ) -> Result<(), AppError> {
        use enterprise_pursuits as t;
        let open = t::table
            .filter(t::enterprise_id.eq(enterprise.clone()))
            .filter(t::unit_id.eq(unit.to_owned()))
            .filter(t::state.eq(PursuitState::Open));
        let found: Option<Self> = open.first(conn).optional()?;
        let Some(found) = found else { return Ok(()) };
        let lapses_on = rules::lapses_after_contact(day).max(found.lapses_on);
        let (step, on) = next.unwrap_or((found.next_step, found.next_step_on));
        let set = (t::lapses_on.eq(lapses_on), t::next_step.eq(step), t::next_step_on.eq(on));
        diesel::update(t::table.find(&found.id)).set(set).execute(conn)?;
        Ok(())
    }

    pub fn extend(&self, conn: &mut DbConn, day: NaiveDate) -> Result<(), AppError> {
        use enterprise_pursuits as t;
        let until = rules::lapses_after_extension(day, self.lapses_on);
        diesel::update(t::table.find(&self.id)).set(t::lapses_on.eq(until)).execute(conn)?;
        Ok(())
    }

    pub fn end(&self, conn: &mut DbConn, reason: &str, now: Time) -> Result<(), AppError> {
        use enterprise_pursuits as t;
        let set = (
            t::state.eq(PursuitState::Ended),
            t::closed_at.eq(Some(now)),
            t::reason.eq(Some(reason.to_owned())),
        );
        let open = t::table.find(&self.id).filter(t::state.eq(PursuitState::Open));
        one_row(diesel::update(open).set(set).execute(conn)?)
    }

    /// The next enterprises that a unit courts, most lately touched first.
    pub fn next_courted(
        conn: &mut DbConn,
        unit: &str,
        after: Option<&(Time, EnterpriseId)>,
        most: i64,
    ) -> Result<Vec<EnterpriseId>, AppError> {
        use {enterprise_pursuits as t, enterprises as e};
        let mut query = t::table
            .inner_join(e::table)
            .filter(t::unit_id.eq(unit.to_owned()))
            .filter(t::state.eq(PursuitState::Open))
            .filter(e::merged_into.is_null())
            .into_boxed();
        if let Some((at, id)) = after.cloned() {
            query = query.filter(t::touched_at.le(at).and(t::touched_at.lt(at).or(t::enterprise_id.lt(id))));
        }
        let order = (t::touched_at.desc(), t::enterprise_id.desc());
        Ok(query.order(order).limit(most).select(t::enterprise_id).load(conn)?)
    }

    /// The open pursuits of a unit of some enterprises.
    pub fn of_unit(
        conn: &mut DbConn,
        unit: &str,
        enterprises: &[EnterpriseId],
    ) -> Result<HashMap<EnterpriseId, Self>, AppError> {
        use enterprise_pursuits as t;
        let rows: Vec<Self> = t::table
            .filter(t::enterprise_id.eq_any(enterprises.to_vec()))
            .filter(t::unit_id.eq(unit.to_owned()))
            .filter(t::state.eq(PursuitState::Open))
            .load(conn)?;
        Ok(rows.into_iter().map(|one| (one.enterprise_id.clone(), one)).collect())
    }

    /// Takes out one that was opened by mistake, before anything came of it.
    pub fn take_out(conn: &mut DbConn, id: &PursuitId) -> Result<(), AppError> {
        use enterprise_pursuits as t;
        let open = t::table.find(id).filter(t::state.eq(PursuitState::Open));
        one_row(diesel::delete(open).execute(conn)?)
    }

    /// Goes on with one that was ended by mistake.
    pub fn reopen(conn: &mut DbConn, id: &PursuitId) -> Result<(), AppError> {
        use enterprise_pursuits as t;
        let set =
            (t::state.eq(PursuitState::Open), t::closed_at.eq(None::<Time>), t::reason.eq(None::<String>));
        let ended = t::table.find(id).filter(t::state.eq(PursuitState::Ended));
        one_row(diesel::update(ended).set(set).execute(conn)?)
    }

    /// Open pursuits whose last day is before `today`.
    pub fn overdue(conn: &mut DbConn, today: NaiveDate, most: i64) -> Result<Vec<Self>, AppError> {
        use enterprise_pursuits as t;
        let open = t::table.filter(t::state.eq(PursuitState::Open)).filter(t::lapses_on.lt(today));
        Ok(open.order(t::id.asc()).limit(most).load(conn)?)
    }

    /// Lets go; `false` when another instance did, or something was written meanwhile.
    pub fn lapse(&self, conn: &mut DbConn, now: Time) -> Result<bool, AppError> {
        use enterprise_pursuits as t;
        let unchanged = t::table
            .find(&self.id)
            .filter(t::state.eq(PursuitState::Open))
            .filter(t::lapses_on.eq(self.lapses_on));
        let set = (t::state.eq(PursuitState::Lapsed), t::closed_at.eq(Some(now)));
        Ok(diesel::update(unchanged).set(set).execute(conn)? == 1)
    }
}

/// What another has done meanwhile leaves no row to change.
fn one_row(rows: usize) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::Conflict(&CONFLICT)) }
}
