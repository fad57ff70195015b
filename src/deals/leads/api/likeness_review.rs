//! Likeness reviews: a person says whether two leads speak of one enterprise, and which was first.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{LeadView, names_of, views};
use crate::app::App;
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::likeness_review::{
    LikenessDecision, LikenessReview, LikenessReviewId, LikenessState, Verdict, settle,
};
use crate::deals::leads::rules::LikenessReason;
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Prose;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct LikenessReviewView {
    id: LikenessReviewId,
    state: LikenessState,
    reasons: Vec<LikenessReason>,
    /// The two leads, the earlier one first
    leads: Vec<LeadView>,
    opened_at: Time,
    decision: Option<LikenessDecision>,
    first_lead_id: Option<LeadId>,
    reason: Option<String>,
    decided_by_name: Option<String>,
    decided_at: Option<Time>,
}

fn review_views(
    conn: &mut DbConn,
    actor: &Actor,
    reviews: Vec<LikenessReview>,
) -> Result<Vec<LikenessReviewView>, AppError> {
    let mut ids: Vec<LeadId> =
        reviews.iter().flat_map(|r| [r.earlier_lead_id.clone(), r.lead_id.clone()]).collect();
    ids.sort_unstable();
    ids.dedup();
    let leads = Lead::find_all(conn, ids)?;
    let leads: HashMap<LeadId, LeadView> =
        views(conn, actor, leads)?.into_iter().map(|view| (view.id.clone(), view)).collect();
    let names = names_of(conn, reviews.iter().filter_map(|r| r.decided_by.clone()).collect())?;
    let view = |review: LikenessReview| LikenessReviewView {
        reasons: review.reasons(),
        leads: [&review.earlier_lead_id, &review.lead_id]
            .into_iter()
            .filter_map(|id| leads.get(id).cloned())
            .collect(),
        decided_by_name: review.decided_by.as_ref().and_then(|id| names.get(id)).cloned(),
        id: review.id,
        state: review.state,
        opened_at: review.opened_at,
        decision: review.decision,
        first_lead_id: review.first_lead_id,
        reason: review.reason,
        decided_at: review.decided_at,
    };
    Ok(reviews.into_iter().map(view).collect())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LikenessReviewFilter {
    state: Option<LikenessState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Pairs of leads that may speak of one enterprise, oldest first
#[utoipa::path(tag = "leads", operation_id = "list_likeness_reviews", params(LikenessReviewFilter), responses((status = 200, body = Page<LikenessReviewView>), ReadErrors))]
#[get("/leads/likeness-reviews")]
pub(super) async fn list_likeness_reviews(
    app: App,
    actor: Actor,
    filter: web::Query<LikenessReviewFilter>,
) -> Result<web::Json<Page<LikenessReviewView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = LikenessReview::list(conn, filter.state, &paging)?;
            Ok(Page { items: review_views(conn, &actor, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideLikeness {
    decision: LikenessDecision,
    /// Which of the two was the first contact; the earlier one when left out
    first_lead_id: Option<LeadId>,
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

/// Decide whether two leads speak of one enterprise; both keep standing, nothing is merged
#[utoipa::path(tag = "leads", operation_id = "decide_likeness", request_body = DecideLikeness, params(("id" = LikenessReviewId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LikenessReviewView), WriteErrors))]
#[post("/leads/likeness-reviews/{id}/decisions")]
pub(super) async fn decide_likeness(
    app: App,
    act: Act,
    id: web::Path<LikenessReviewId>,
    body: Json<DecideLikeness>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, decide: &DecideLikeness| {
        let review = LikenessReview::find(tx.conn, &id)?;
        let verdict = Verdict {
            decision: decide.decision,
            first_lead_id: decide.first_lead_id.clone(),
            reason: decide.reason.as_str().to_owned(),
            by: tx.actor.id.clone(),
            at: tx.now,
        };
        review.decide(tx.conn, &verdict)?;
        settle(tx.conn, &review.lead_id)?;
        settle(tx.conn, &review.earlier_lead_id)?;
        tx.subject("likeness_review", &review.id);
        tx.detail(decide.decision.as_str());
        let decided = LikenessReview::find(tx.conn, &id)?;
        review_views(tx.conn, tx.actor, vec![decided])?.pop().ok_or(AppError::NotFound)
    })
    .await
}
