//! Another time: proposed by either side, answered by the other; until then the old time stands.
use actix_web::{HttpResponse, post, web};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::booking::{BookingView, Said, perform};
use crate::app::App;
use crate::deals::talks::BookingId;
use crate::deals::talks::proposal::{Proposal, ProposalId};
use crate::deals::talks::rules::{Deed, SLOT_MINUTES, Side};
use crate::error::AppError;
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::clock::Time;
use crate::platform::input::Line;
use crate::platform::web::Json;

/// Another time that one side has asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoveProposal {
    id: ProposalId,
    /// Who asks; the other side answers
    side: Side,
    by_name: String,
    to_starts_at: Time,
    to_ends_at: Time,
    reason: String,
    proposed_at: Time,
    /// Kept until then
    expires_at: Time,
}

impl From<&Proposal> for MoveProposal {
    fn from(p: &Proposal) -> Self {
        Self {
            id: p.id.clone(),
            side: p.side,
            by_name: p.by_name.clone(),
            to_starts_at: p.to_starts_at,
            to_ends_at: p.to_starts_at.plus(Duration::minutes(SLOT_MINUTES)),
            reason: p.reason.clone(),
            proposed_at: p.proposed_at,
            expires_at: p.expires_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeTime {
    /// One of the open slots of those who receive
    starts_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Propose another time, also instead of confirming: it is kept until the other side answers
#[utoipa::path(tag = "talks", operation_id = "propose_time", request_body = ProposeTime, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/proposals")]
pub(super) async fn propose_time(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<ProposeTime>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Propose, |body| Said {
        reason: Some(body.reason.as_str()),
        starts_at: Some(body.starts_at),
        proposal: None,
    })
    .await
}

/// The proposal that was read: it may have been replaced since.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneProposal {
    proposal_id: ProposalId,
}

fn this(body: &OneProposal) -> Said<'_> {
    Said { proposal: Some(&body.proposal_id), ..Said::default() }
}

/// Agree to the time that the other side proposed: the talk moves there and is confirmed
#[utoipa::path(tag = "talks", operation_id = "accept_proposal", request_body = OneProposal, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/proposal-acceptances")]
pub(super) async fn accept_proposal(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneProposal>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Accept, this).await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseProposal {
    proposal_id: ProposalId,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Refuse the time that the other side proposed: the old one stands
#[utoipa::path(tag = "talks", operation_id = "refuse_proposal", request_body = RefuseProposal, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/proposal-refusals")]
pub(super) async fn refuse_proposal(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<RefuseProposal>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Refuse, |body| Said {
        reason: Some(body.reason.as_str()),
        starts_at: None,
        proposal: Some(&body.proposal_id),
    })
    .await
}

/// Take one's own proposal back: the old time stands
#[utoipa::path(tag = "talks", operation_id = "withdraw_proposal", request_body = OneProposal, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/proposal-withdrawals")]
pub(super) async fn withdraw_proposal(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneProposal>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Withdraw, this).await
}
