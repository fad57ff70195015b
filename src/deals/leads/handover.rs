//! A handover: the information task force gives a lead to a county or park, which answers (article 11).
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_handovers;

pub const ALREADY: Code = Code::new(
    "lead.already_handed_over",
    "这条信息已经移交，退回后才能再次移交",
    "This lead has been handed over; it can be handed over again once it is returned",
);
pub const ANSWERED: Code = Code::new(
    "handover.already_answered",
    "这次移交已有答复，请刷新查看",
    "This handover has been answered; refresh to see",
);
pub const NOT_A_RECEIVER: Code = Code::new(
    "handover.not_a_county_or_park",
    "只能移交给区县市或园区",
    "A lead can be handed to a county or a park only",
);
pub const LIKENESS_OPEN: Code = Code::new(
    "lead.likeness_open",
    "这条信息还有疑似同一企业的核对未完成，请先认定再移交",
    "This lead is still being compared with an earlier one; decide that first, then hand it over",
);

crate::typed_id!(HandoverId);
crate::text_enum! {
    /// What the county or park answered.
    pub enum HandoverState {
        Offered = "offered", "待接收", "Offered";
        Accepted = "accepted", "已接收", "Accepted";
        Returned = "returned", "已退回", "Returned";
    }
}

impl HandoverState {
    /// In a unit's hands.
    pub const HELD: [Self; 2] = [Self::Offered, Self::Accepted];
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_handovers)]
pub struct Handover {
    pub id: HandoverId,
    pub lead_id: LeadId,
    pub unit_id: String,
    pub state: HandoverState,
    pub note: Option<String>,
    pub reason: Option<String>,
    pub handed_over_by: AccountId,
    pub handed_over_at: Time,
    pub answer_by: Time,
    pub answered_by: Option<AccountId>,
    pub answered_at: Option<Time>,
}

impl Handover {
    /// Offered to a unit, which is to answer until `answer_by`.
    pub fn new(
        lead_id: LeadId,
        unit_id: String,
        note: Option<String>,
        by: AccountId,
        at: Time,
        answer_by: Time,
    ) -> Self {
        Self {
            id: HandoverId::fresh(),
            lead_id,
            unit_id,
            state: HandoverState::Offered,
            note,
            reason: None,
            handed_over_by: by,
            handed_over_at: at,
            answer_by,
            answered_by: None,
            answered_at: None,
        }
    }

    /// One lead is in one unit's hands at most: the table refuses a second.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_handovers::table).values(self.clone()).execute(conn).map_err(|e| {
            if crate::platform::db::is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() }
        })?;
        Ok(())
    }

    /// Takes back what a unit let lie: returned, by nobody.
    pub fn lapse(conn: &mut DbConn, lead: &LeadId, reason: &str, at: Time) -> Result<(), AppError> {
        use lead_handovers as t;
        let held = t::table.filter(t::lead_id.eq(lead.clone())).filter(t::state.eq_any(HandoverState::HELD));
        diesel::update(held)
            .set((
                t::state.eq(HandoverState::Returned),
                t::reason.eq(Some(reason.to_owned())),
                t::answered_by.eq(None::<AccountId>),
                t::answered_at.eq(Some(at)),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// The handover, when it was made to a unit within the actor's reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &HandoverId) -> Result<Self, AppError> {
        let handover: Self =
            lead_handovers::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        if actor.reaches(None, Some(&handover.unit_id)) { Ok(handover) } else { Err(AppError::NotFound) }
    }

    /// Every handover of these leads, oldest first.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_handovers as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Writes the unit's answer; refuses when there is one already.
    pub fn answer(
        &self,
        conn: &mut DbConn,
        state: HandoverState,
        reason: Option<String>,
        by: &AccountId,
        at: Time,
    ) -> Result<(), AppError> {
        use lead_handovers as t;
        let query = t::table.find(&self.id).filter(t::state.eq(HandoverState::Offered));
        let answered = diesel::update(query)
            .set((
                t::state.eq(state),
                t::reason.eq(reason),
                t::answered_by.eq(Some(by.clone())),
                t::answered_at.eq(Some(at)),
            ))
            .execute(conn)?;
        if answered == 1 { Ok(()) } else { Err(AppError::Conflict(&ANSWERED)) }
    }
}
