//! A likeness review: two leads that may speak of one enterprise, put before a person.
use diesel::prelude::*;

use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::rules::{self, Finding};
use crate::error::{AppError, Code};
use crate::libraries::likeness::{self, LikenessReason};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::page::{Page, Paging};
use crate::schema::{lead_likeness_reviews, leads};

pub const DECIDED: Code = Code::new(
    "likeness_review.already_decided",
    "这项疑似同一企业的核对已有结论",
    "This likeness review has been decided already",
);
pub const NOT_OF_THE_TWO: Code = Code::new(
    "likeness_review.not_of_the_two",
    "首次接触必须是这两条信息之一，且仅在认定为同一企业时填写",
    "The first contact must be one of the two leads, and is named only when they are the same enterprise",
);
/// The earliest likenesses that are put before a person; the first contact is among them.
pub const MOST: i64 = 30;

crate::typed_id!(LikenessReviewId);
crate::text_enum! {
    /// Whether a person has decided.
    pub enum LikenessState {
        Open = "open", "待核对", "Open";
        Decided = "decided", "已认定", "Decided";
    }
}
crate::text_enum! {
    /// What a person decided about two like leads.
    pub enum LikenessDecision {
        Same = "same", "同一企业", "Same enterprise";
        Different = "different", "不同企业", "Different enterprises";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_likeness_reviews)]
pub struct LikenessReview {
    pub id: LikenessReviewId,
    pub lead_id: LeadId,
    pub earlier_lead_id: LeadId,
    /// `LikenessReason`s with commas between
    pub reasons: String,
    pub state: LikenessState,
    pub opened_at: Time,
    pub decision: Option<LikenessDecision>,
    pub first_lead_id: Option<LeadId>,
    pub reason: Option<String>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Time>,
}

/// A person's decision with its reason.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub decision: LikenessDecision,
    pub first_lead_id: Option<LeadId>,
    pub reason: String,
    pub by: AccountId,
    pub at: Time,
}

impl LikenessReview {
    /// Opens a review for each earlier lead that is like this one; gives those leads.
    pub fn open_all(
        conn: &mut DbConn,
        lead: &Lead,
        earlier: &[Lead],
        at: Time,
    ) -> Result<Vec<LeadId>, AppError> {
        let review = |other: &Lead| {
            let reasons = likeness::likeness(lead.features(), other.features());
            (!reasons.is_empty()).then(|| Self {
                id: LikenessReviewId::fresh(),
                lead_id: lead.id.clone(),
                earlier_lead_id: other.id.clone(),
                reasons: reasons.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(","),
                state: LikenessState::Open,
                opened_at: at,
                decision: None,
                first_lead_id: None,
                reason: None,
                decided_by: None,
                decided_at: None,
            })
        };
        let reviews: Vec<Self> = earlier.iter().filter_map(review).collect();
        if !reviews.is_empty() {
            crate::each_database!(conn, c => diesel::insert_into(lead_likeness_reviews::table).values(&reviews).execute(c))?;
        }
        Ok(reviews.into_iter().map(|review| review.earlier_lead_id).collect())
    }

    pub fn find(conn: &mut DbConn, id: &LikenessReviewId) -> Result<Self, AppError> {
        lead_likeness_reviews::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Oldest first; who does not see all leads sees the reviews that their own take part in.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        state: Option<LikenessState>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use lead_likeness_reviews as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if actor.scope() != Scope::Any {
            let own = || leads::table.filter(leads::submitted_by.eq(actor.id.clone())).select(leads::id);
            query = query.filter(t::lead_id.eq_any(own()).or(t::earlier_lead_id.eq_any(own())));
        }
        if let Some(state) = state {
            query = query.filter(t::state.eq(state));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.gt(after));
        }
        let rows = query.order(t::id.asc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |review| vec![review.id.to_string()]))
    }

    /// Every review in which one of the leads takes part.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_likeness_reviews as t;
        let query = t::table
            .filter(t::lead_id.eq_any(leads.to_vec()))
            .or_filter(t::earlier_lead_id.eq_any(leads.to_vec()));
        Ok(query.order(t::id.asc()).load(conn)?)
    }

    pub fn reasons(&self) -> Vec<LikenessReason> {
        self.reasons.split(',').filter_map(|reason| reason.parse().ok()).collect()
    }

    /// The other lead of the two.
    pub fn other(&self, lead: &LeadId) -> &LeadId {
        if self.lead_id == *lead { &self.earlier_lead_id } else { &self.lead_id }
    }

    /// What the review means for one of its leads.
    pub fn finding(&self, lead: &LeadId) -> Finding {
        match (self.state, &self.first_lead_id) {
            (LikenessState::Open, _) if self.lead_id == *lead => Finding::Open,
            (LikenessState::Decided, Some(first)) if first != lead => Finding::OtherWasFirst,
            _ => Finding::Harmless,
        }
    }

    /// Whether the two were found to be one enterprise.
    pub fn is_same(&self) -> bool {
        self.decision == Some(LikenessDecision::Same)
    }

    /// Writes another decision over the one that was appealed against; each of both stands in the ledger.
    pub fn overrule(&self, conn: &mut DbConn, verdict: &Verdict) -> Result<(), AppError> {
        use lead_likeness_reviews as t;
        let first = self.first_of(verdict)?;
        diesel::update(t::table.find(&self.id))
            .set((
                t::decision.eq(Some(verdict.decision)),
                t::first_lead_id.eq(first),
                t::reason.eq(Some(verdict.reason.clone())),
                t::decided_by.eq(Some(verdict.by.clone())),
                t::decided_at.eq(Some(verdict.at)),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// Writes the decision; when the two are one and nobody is named, the earlier one was first.
    pub fn decide(&self, conn: &mut DbConn, verdict: &Verdict) -> Result<(), AppError> {
        use lead_likeness_reviews as t;
        let first = self.first_of(verdict)?;
        let query = t::table.find(&self.id).filter(t::state.eq(LikenessState::Open));
        let decided = diesel::update(query)
            .set((
                t::state.eq(LikenessState::Decided),
                t::decision.eq(Some(verdict.decision)),
                t::first_lead_id.eq(first),
                t::reason.eq(Some(verdict.reason.clone())),
                t::decided_by.eq(Some(verdict.by.clone())),
                t::decided_at.eq(Some(verdict.at)),
            ))
            .execute(conn)?;
        if decided == 1 { Ok(()) } else { Err(AppError::Conflict(&DECIDED)) }
    }

    fn first_of(&self, verdict: &Verdict) -> Result<Option<LeadId>, AppError> {
        match (verdict.decision, &verdict.first_lead_id) {
            (LikenessDecision::Same, None) => Ok(Some(self.earlier_lead_id.clone())),
            (LikenessDecision::Same, Some(first))
                if *first == self.lead_id || *first == self.earlier_lead_id =>
            {
                Ok(Some(first.clone()))
            }
            (LikenessDecision::Different, None) => Ok(None),
            _ => Err(AppError::Unprocessable(&NOT_OF_THE_TWO)),
        }
    }
}

/// Whether a person still has to compare this lead with an earlier one.
pub fn is_open_for(conn: &mut DbConn, lead: &LeadId) -> Result<bool, AppError> {
    let reviews = LikenessReview::of_leads(conn, std::slice::from_ref(lead))?;
    Ok(reviews.iter().any(|review| review.finding(lead) == Finding::Open))
}

/// Takes the standing of a lead from all its reviews, and marks it screened when none is open.
pub fn settle(conn: &mut DbConn, lead: &LeadId) -> Result<(), AppError> {
    let reviews = LikenessReview::of_leads(conn, std::slice::from_ref(lead))?;
    let findings: Vec<Finding> = reviews.iter().map(|review| review.finding(lead)).collect();
    Lead::set_standing(conn, lead, rules::standing(&findings))?;
    if findings.contains(&Finding::Open) { Ok(()) } else { Lead::screen(conn, lead) }
}
