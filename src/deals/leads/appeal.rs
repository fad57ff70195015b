//! An appeal: one of the two sides of a likeness review asks another person to look at the ruling again.
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::deals::leads::likeness_review::LikenessReviewId;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::lead_appeals;

pub const ALREADY: Code = Code::new(
    "appeal.already_made",
    "对这项认定已经申请过复核，请等待结果或查看结论",
    "This ruling has been appealed already; wait for the answer or read it",
);
pub const TOO_LATE: Code = Code::new(
    "appeal.too_late",
    "申请复核的期限已过，或认定尚未作出",
    "The time to appeal is over, or there is no ruling yet",
);
pub const ANSWERED: Code = Code::new(
    "appeal.already_answered",
    "这项复核已有结论，请刷新查看",
    "This appeal has been answered; refresh to see",
);
pub const SAME_PERSON: Code = Code::new(
    "appeal.same_person",
    "复核须由作出原认定以外的人办理",
    "An appeal is answered by someone other than who made the ruling",
);

crate::typed_id!(AppealId);
crate::text_enum! {
    /// What became of an appeal.
    pub enum AppealState {
        Open = "open", "复核中", "Open";
        Upheld = "upheld", "维持原认定", "Ruling stands";
        Changed = "changed", "改变原认定", "Ruling changed";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_appeals)]
pub struct Appeal {
    pub id: AppealId,
    pub review_id: LikenessReviewId,
    /// The side that appeals
    pub lead_id: LeadId,
    pub appealed_by: AccountId,
    pub appealed_at: Time,
    pub reason: String,
    pub state: AppealState,
    pub answer: Option<String>,
    pub answered_by: Option<AccountId>,
    pub answered_at: Option<Time>,
}

impl Appeal {
    /// Each side once, one at a time: the table refuses more.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_appeals::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &AppealId) -> Result<Self, AppError> {
        lead_appeals::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    pub fn of_reviews(conn: &mut DbConn, reviews: &[LikenessReviewId]) -> Result<Vec<Self>, AppError> {
        use lead_appeals as t;
        Ok(t::table.filter(t::review_id.eq_any(reviews.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Writes the answer; refuses when there is one already.
    pub fn answer(
        &self,
        conn: &mut DbConn,
        state: AppealState,
        answer: &str,
        by: &AccountId,
        at: Time,
    ) -> Result<(), AppError> {
        use lead_appeals as t;
        let answered = diesel::update(t::table.find(&self.id).filter(t::state.eq(AppealState::Open)))
            .set((
                t::state.eq(state),
                t::answer.eq(Some(answer.to_owned())),
                t::answered_by.eq(Some(by.clone())),
                t::answered_at.eq(Some(at)),
            ))
            .execute(conn)?;
        if answered == 1 { Ok(()) } else { Err(AppError::Conflict(&ANSWERED)) }
    }
}
