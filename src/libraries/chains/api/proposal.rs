//! Proposing a chain and deciding on it.
use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{ChainView, chain_view, unit_names};
use crate::app::App;
use crate::error::{AppError, Code};
use crate::libraries::chains::content::ChainContent;
use crate::libraries::chains::events::ChainMoved;
use crate::libraries::chains::rules::{ChainAct, LinkChange, changes};
use crate::libraries::chains::version::{ChainState, ChainVersion, ChainVersionId, is_of_city};
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Scope, Tx};
use crate::people::units::{Unit, UnitKind};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

const COUNTIES_ONLY: Code = Code::new(
    "chain.counties_only",
    "主产业链由区县（市）申报，请用区县（市）招商人员的账号办理",
    "A main chain is proposed by its county; use the account of a county's official",
);

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeChain {
    content: ChainContent,
    /// Why, for the city
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveChain {
    /// The first day on which it holds: today when left out; after the beginning of the version before
    from_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnChain {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalSummary {
    id: ChainVersionId,
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    name: String,
    industry: Industry,
    state: ChainState,
    note: Option<String>,
    proposed_by_name: String,
    proposed_at: Time,
    decided_by_name: Option<String>,
    decided_at: Option<Time>,
    /// Why it was returned
    decision_note: Option<String>,
    /// What the reader may do with it now
    may: Vec<ChainAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    #[serde(flatten)]
    proposal: ProposalSummary,
    /// As it was written
    content: ChainContent,
    /// As it would be shown
    chain: ChainView,
    /// Against the version that it was written on
    changes: Vec<LinkChange>,
    /// The beginning of that version: this one can begin later only
    before_from_on: Option<NaiveDate>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProposalFilter {
    /// Those under way when left out
    state: Option<ChainState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

fn summaries(
    conn: &mut DbConn,
    actor: &Actor,
    versions: Vec<ChainVersion>,
) -> Result<Vec<ProposalSummary>, AppError> {
    let names = unit_names(conn)?;
    let of_city = is_of_city(conn, actor)?;
    let summary = |version: ChainVersion| {
        let (unit_name, unit_name_en) = names.get(&version.unit_id).cloned().unwrap_or_default();
        ProposalSummary {
            may: version.may(actor, of_city),
            id: version.id,
            unit_id: version.unit_id,
            unit_name,
            unit_name_en,
            name: version.name,
            industry: version.industry,
            state: version.state,
            note: version.note,
            proposed_by_name: version.proposed_by_name,
            proposed_at: version.proposed_at,
            decided_by_name: version.decided_by_name,
            decided_at: version.decided_at,
            decision_note: version.decision_note,
        }
    };
    Ok(versions.into_iter().map(summary).collect())
}

fn view_of(conn: &mut DbConn, actor: &Actor, id: &ChainVersionId) -> Result<ProposalView, AppError> {
    let version = ChainVersion::proposal(conn, actor, id)?;
    let content = version.content()?;
    let base = version.base(conn)?;
    let before = base.as_ref().map(ChainVersion::content).transpose()?;
    let proposal = summaries(conn, actor, vec![version.clone()])?.pop().ok_or(AppError::NotFound)?;
    Ok(ProposalView {
        proposal,
        changes: changes(before.as_ref(), &content),
        before_from_on: base.and_then(|base| base.from_on),
        chain: chain_view(conn, Some(actor), version)?,
        content,
    })
}

fn county_of(tx: &mut Tx<'_>) -> Result<String, AppError> {
    let unit = match &tx.actor.unit_id {
        Some(id) => Unit::find(tx.conn, id)?,
        None => None,
    };
    let county = unit.filter(|unit| unit.kind == UnitKind::County);
    county.map(|unit| unit.id).ok_or(AppError::Unprocessable(&COUNTIES_ONLY))
}

/// Proposals within one's reach, newest first
#[utoipa::path(tag = "chains", operation_id = "list_chain_proposals", params(ProposalFilter), responses((status = 200, body = Page<ProposalSummary>), ReadErrors))]
#[get("/chains/proposals")]
pub(super) async fn list_chain_proposals(
    app: App,
    actor: Actor,
    filter: web::Query<ProposalFilter>,
) -> Result<web::Json<Page<ProposalSummary>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let states = match filter.state {
        Some(state) => vec![state],
        None => vec![ChainState::Open, ChainState::Returned],
    };
    let page = app
        .read(move |conn| {
            let all = actor.scope() == Scope::Any || is_of_city(conn, &actor)?;
            let own = actor.unit_id.clone().unwrap_or_default();
            let page = ChainVersion::list(conn, (!all).then_some(own.as_str()), &states, &paging)?;
            Ok(Page { items: summaries(conn, &actor, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One proposal, with what it changes
#[utoipa::path(tag = "chains", operation_id = "find_chain_proposal", params(("id" = ChainVersionId, Path)), responses((status = 200, body = ProposalView), ReadErrors))]
#[get("/chains/proposals/{id}")]
pub(super) async fn find_chain_proposal(
    app: App,
    actor: Actor,
    id: web::Path<ChainVersionId>,
) -> Result<web::Json<ProposalView>, AppError> {
    app.read(move |conn| view_of(conn, &actor, &id)).await.map(web::Json)
}

/// Propose the main chain of one's county; one at a time
#[utoipa::path(tag = "chains", operation_id = "propose_chain", request_body = ProposeChain, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ProposalView), WriteErrors))]
#[post("/chains/proposals")]
pub(super) async fn propose_chain(
    app: App,
    act: Act,
    body: Json<ProposeChain>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, wish: &ProposeChain| {
        let unit = county_of(tx)?;
        wish.content.judge(tx.conn)?;
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned());
        let version = ChainVersion::propose(tx.conn, &unit, &wish.content, note, tx.actor, tx.now)?;
        tx.subject("chain", &version.id);
        let event = ChainMoved::proposed(tx.conn, &version)?;
        tx.emit(&event)?;
        view_of(tx.conn, tx.actor, &version.id)
    })
    .await
}

/// Write a proposal anew, until it is approved; it waits again
#[utoipa::path(tag = "chains", operation_id = "rewrite_chain", request_body = ProposeChain, params(("id" = ChainVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ProposalView), WriteErrors))]
#[put("/chains/proposals/{id}")]
pub(super) async fn rewrite_chain(
    app: App,
    act: Act,
    id: web::Path<ChainVersionId>,
    body: Json<ProposeChain>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ProposeChain| {
        let version = ChainVersion::take(tx.conn, tx.actor, &id, ChainAct::Edit)?;
        tx.subject("chain", &version.id);
        wish.content.judge(tx.conn)?;
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned());
        version.rewrite(tx.conn, &wish.content, note, tx.actor, tx.now)?;
        if version.state == ChainState::Returned {
            let event = ChainMoved::proposed(tx.conn, &version)?;
            tx.emit(&event)?;
        }
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// Approve a proposal for the city; the version before ends on the day before
#[utoipa::path(tag = "chains", operation_id = "approve_chain", request_body = ApproveChain, params(("id" = ChainVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ProposalView), WriteErrors))]
#[post("/chains/proposals/{id}/approvals")]
pub(super) async fn approve_chain(
    app: App,
    act: Act,
    id: web::Path<ChainVersionId>,
    body: Json<ApproveChain>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ApproveChain| {
        let version = ChainVersion::take(tx.conn, tx.actor, &id, ChainAct::Approve)?;
        tx.subject("chain", &version.id);
        let from_on = wish.from_on.unwrap_or_else(|| tx.now.day());
        let number = version.approve(tx.conn, tx.actor, from_on, tx.now)?;
        tx.detail(format!("version {number} from {from_on}"));
        let event = ChainMoved::decided(tx.conn, &version, ("已批准", "approved"))?;
        tx.emit(&event)?;
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// Return a proposal to its county, with the reason
#[utoipa::path(tag = "chains", operation_id = "return_chain", request_body = ReturnChain, params(("id" = ChainVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ProposalView), WriteErrors))]
#[post("/chains/proposals/{id}/returns")]
pub(super) async fn return_chain(
    app: App,
    act: Act,
    id: web::Path<ChainVersionId>,
    body: Json<ReturnChain>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ReturnChain| {
        let version = ChainVersion::take(tx.conn, tx.actor, &id, ChainAct::Return)?;
        tx.subject("chain", &version.id);
        let why = wish.reason.as_str();
        version.send_back(tx.conn, tx.actor, why, tx.now)?;
        let said = (format!("退回，{why}"), format!("returned, {why}"));
        let event = ChainMoved::decided(tx.conn, &version, (&said.0, &said.1))?;
        tx.emit(&event)?;
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// Take one's county's proposal back
#[utoipa::path(tag = "chains", operation_id = "withdraw_chain", request_body = Nothing, params(("id" = ChainVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ProposalView), WriteErrors))]
#[post("/chains/proposals/{id}/withdrawals")]
pub(super) async fn withdraw_chain(
    app: App,
    act: Act,
    id: web::Path<ChainVersionId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let version = ChainVersion::take(tx.conn, tx.actor, &id, ChainAct::Withdraw)?;
        tx.subject("chain", &version.id);
        version.withdraw(tx.conn)?;
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}
