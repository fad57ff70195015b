//! Negotiating, approving, following up: the acts around a draft, over HTTP.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Nothing, of_office, shown};
use crate::app::App;
use crate::deals::signings::agreement::{self, AgreementId, AgreementState, OriginKind, Whole};
use crate::deals::signings::negotiation::{self, ApprovalDecision, RoundAnswer, RoundView};
use crate::deals::signings::view::AgreementView;
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor};
use crate::platform::input::Prose;
use crate::platform::web::Json;

const NOT_FOLLOWED: Code = Code::new(
    "agreement.not_followed",
    "只有被拒签、撤回或过期的协议可以修改重签，只有已完成的协议可以解除",
    "Only a refused, revoked or expired agreement is revised, and only a completed one is rescinded",
);

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_rounds)
        .service(share_agreement)
        .service(propose_changes)
        .service(answer_round)
        .service(ask_approval)
        .service(decide_approval)
        .service(follow_agreement)
        .service(remind_signers);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RoundList {
    items: Vec<RoundView>,
}

/// The rounds of an agreement's negotiation, with what each changed
#[utoipa::path(tag = "signings", operation_id = "list_rounds", params(("id" = AgreementId, Path)), responses((status = 200, body = RoundList), ReadErrors))]
#[get("/signings/agreements/{id}/rounds")]
pub(super) async fn list_rounds(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<RoundList>, AppError> {
    let items = app
        .read(move |conn| {
            let whole = Whole::seen_by(conn, &id, &actor)?;
            negotiation::rounds(conn, &whole, &actor)
        })
        .await?;
    Ok(web::Json(RoundList { items }))
}

/// Show the draft to the other parties, who may propose changes
#[utoipa::path(tag = "signings", operation_id = "share_agreement", request_body = Nothing, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/shares")]
pub(super) async fn share_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        negotiation::share(tx, &whole)?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeChanges {
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Map<String, Value>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Prose<500>>,
}

/// Propose other values for a shared draft, as one of its parties
#[utoipa::path(tag = "signings", operation_id = "propose_changes", request_body = ProposeChanges, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/proposals")]
pub(super) async fn propose_changes(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<ProposeChanges>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, proposed: &ProposeChanges| {
        let whole = Whole::seen_by(tx.conn, &id, tx.actor)?;
        let values = whole.template.content.check(&proposed.values, true)?;
        negotiation::propose(tx, &whole, &values, proposed.note.as_ref().map(Prose::as_str))?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRound {
    /// Number of the proposal
    #[schema(minimum = 1)]
    round: i32,
    answer: RoundAnswer,
    /// Of a proposal that is declined, and there it is required
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    reason: Option<Prose<500>>,
}

/// Take a proposal over, which makes its values the draft, or decline it with a reason
#[utoipa::path(tag = "signings", operation_id = "answer_round", request_body = AnswerRound, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/round-answers")]
pub(super) async fn answer_round(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<AnswerRound>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, said: &AnswerRound| {
        of_office(tx.conn, &id, tx.actor)?;
        negotiation::answer(tx, &id, said.round, said.answer, said.reason.as_ref().map(Prose::as_str))?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskApproval {
    approver_id: AccountId,
}

/// Ask another person of the unit to approve the text before it is sent
#[utoipa::path(tag = "signings", operation_id = "ask_approval", request_body = AskApproval, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/approvals")]
pub(super) async fn ask_approval(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<AskApproval>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, asked: &AskApproval| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        negotiation::ask_approval(tx, &whole, &asked.approver_id)?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideApproval {
    decision: ApprovalDecision,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Prose<500>>,
}

/// Approve or return the text that waits for me
#[utoipa::path(tag = "signings", operation_id = "decide_approval", request_body = DecideApproval, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/approval-decisions")]
pub(super) async fn decide_approval(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<DecideApproval>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, decided: &DecideApproval| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        negotiation::decide_approval(tx, &whole, decided.decision, decided.note.as_ref().map(Prose::as_str))?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowAgreement {
    kind: OriginKind,
}

/// Draft an agreement that revises one that came to nothing, or rescinds one that was concluded
#[utoipa::path(tag = "signings", operation_id = "follow_agreement", request_body = FollowAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/followers")]
pub(super) async fn follow_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<FollowAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, follow: &FollowAgreement| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        let may = match follow.kind {
            OriginKind::Revises => {
                use AgreementState::{Expired, Refused, Revoked};
                matches!(whole.agreement.state, Refused | Revoked | Expired)
            }
            OriginKind::Rescinds => whole.agreement.state == AgreementState::Completed,
        };
        if !may {
            return Err(AppError::Conflict(&NOT_FOLLOWED));
        }
        let follower = agreement::follow(tx, &whole, follow.kind)?;
        shown(tx, &follower)
    })
    .await
}

/// Remind those whose turn it is, at most once an hour
#[utoipa::path(tag = "signings", operation_id = "remind_signers", request_body = Nothing, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/reminders")]
pub(super) async fn remind_signers(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        agreement::remind(tx, &whole)?;
        shown(tx, &id)
    })
    .await
}
