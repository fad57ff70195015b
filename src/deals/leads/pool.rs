//! The pool: leads that nobody holds, for counties and parks to claim within a limit and with a reason.
use diesel::prelude::*;

use crate::deals::leads::clock::ClockKind;
use crate::deals::leads::lead::LeadId;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{lead_clocks, lead_pool_places};

pub const ALREADY: Code =
    Code::new("pool.already_in", "这条信息已在信息池中", "This lead is in the pool already");
pub const GONE: Code = Code::new(
    "pool.already_claimed",
    "这条信息已被认领或移交，请刷新信息池",
    "This lead has been claimed or handed over; refresh the pool",
);
pub const FULL: Code = Code::new(
    "pool.limit_reached",
    "贵单位认领而尚未对接的信息已达上限，请先对接客商",
    "Your unit holds as many leads without contact as it may; contact those investors first",
);
pub const NO_UNIT: Code =
    Code::new("pool.no_unit", "只有区县市和园区可以认领", "Only counties and parks can claim a lead");

crate::typed_id!(PoolPlaceId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_pool_places)]
pub struct PoolPlace {
    pub id: PoolPlaceId,
    pub lead_id: LeadId,
    /// Why nobody holds it
    pub reason: String,
    /// None: the clock
    pub opened_by: Option<AccountId>,
    pub opened_at: Time,
    pub claimed_by: Option<AccountId>,
    pub claimed_by_unit: Option<String>,
    pub claim_reason: Option<String>,
    pub closed_at: Option<Time>,
}

impl PoolPlace {
    /// A lead is in the pool once at most: the table refuses a second place.
    pub fn open(
        conn: &mut DbConn,
        lead: &LeadId,
        reason: &str,
        by: Option<&AccountId>,
        now: Time,
    ) -> Result<(), AppError> {
        let place = Self {
            id: PoolPlaceId::fresh(),
            lead_id: lead.clone(),
            reason: reason.to_owned(),
            opened_by: by.cloned(),
            opened_at: now,
            claimed_by: None,
            claimed_by_unit: None,
            claim_reason: None,
            closed_at: None,
        };
        diesel::insert_into(lead_pool_places::table)
            .values(place)
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &PoolPlaceId) -> Result<Self, AppError> {
        lead_pool_places::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Oldest first.
    pub fn list(conn: &mut DbConn, paging: &Paging) -> Result<Page<Self>, AppError> {
        use lead_pool_places as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::closed_at.is_null()).into_boxed();
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.gt(after));
        }
        let rows = query.order(t::id.asc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |place| vec![place.id.to_string()]))
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_pool_places as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Takes the lead out for a unit; of two at once one is refused.
    pub fn claim(
        &self,
        conn: &mut DbConn,
        unit: &str,
        reason: &str,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        use lead_pool_places as t;
        let claimed = diesel::update(t::table.find(&self.id).filter(t::closed_at.is_null()))
            .set((
                t::claimed_by.eq(Some(by.clone())),
                t::claimed_by_unit.eq(Some(unit.to_owned())),
                t::claim_reason.eq(Some(reason.to_owned())),
                t::closed_at.eq(Some(now)),
            ))
            .execute(conn)?;
        if claimed == 1 { Ok(()) } else { Err(AppError::Conflict(&GONE)) }
    }

    /// Closes the place of a lead that was handed over or declined.
    pub fn close(conn: &mut DbConn, lead: &LeadId, now: Time) -> Result<(), AppError> {
        use lead_pool_places as t;
        diesel::update(t::table.filter(t::lead_id.eq(lead.clone())).filter(t::closed_at.is_null()))
            .set(t::closed_at.eq(Some(now)))
            .execute(conn)?;
        Ok(())
    }

    /// How many leads a unit holds whose investor it has not contacted yet.
    pub fn waiting_at(conn: &mut DbConn, unit: &str) -> Result<i64, AppError> {
        use lead_clocks as t;
        let query = t::table
            .filter(t::unit_id.eq(unit.to_owned()))
            .filter(t::kind.eq(ClockKind::FollowUp))
            .filter(t::stopped_at.is_null());
        Ok(query.count().get_result(conn)?)
    }
}
