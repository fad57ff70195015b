//! Receipts and the public ledger.
use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::receipt::{LedgerEntry, LedgerHead, Receipt, ReceiptProblem};
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::platform::clock::Time;
use crate::platform::page::Paging;
use crate::platform::web::Json;

pub(super) fn ledger_address(app: &App) -> String {
    format!("{}/api/v1/leads/ledger", app.config.public_url.trim_end_matches('/'))
}

/// The receipt of a lead, for whoever submitted it: it holds the contact in full
#[utoipa::path(tag = "leads", operation_id = "find_receipt", params(("id" = LeadId, Path)), responses((status = 200, body = Receipt), ReadErrors))]
#[get("/leads/{id}/receipt")]
pub(super) async fn find_receipt(
    app: App,
    actor: Actor,
    id: web::Path<LeadId>,
) -> Result<web::Json<Receipt>, AppError> {
    let ledger = ledger_address(&app);
    let receipt = app
        .read(move |conn| {
            let lead = Lead::find(conn, &actor, &id)?;
            let entry = LedgerEntry::of(conn, &lead.id)?;
            Ok(Receipt::new(&lead, entry, ledger))
        })
        .await?;
    Ok(web::Json(receipt))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerFilter {
    /// The sequence after which to begin, 0 when left out
    #[param(minimum = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerEntryView {
    sequence: i64,
    at: Time,
    facts_sha256: String,
    previous_hash: String,
    entry_hash: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerHeadView {
    sequence: i64,
    entry_hash: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerView {
    items: Vec<LedgerEntryView>,
    /// The last entry of the whole ledger
    head: LedgerHeadView,
}

/// The ledger of receipts: hashes alone, for anyone to keep and compare
#[utoipa::path(tag = "leads", operation_id = "list_ledger", params(LedgerFilter), responses((status = 200, body = LedgerView), ReadErrors), security(()))]
#[get("/leads/ledger")]
pub(super) async fn list_ledger(
    app: App,
    filter: web::Query<LedgerFilter>,
) -> Result<web::Json<LedgerView>, AppError> {
    let limit = Paging::new(filter.limit, None).limit()?;
    let after = filter.after.unwrap_or_default();
    if after < 0 {
        return Err(AppError::field("after", "input.range"));
    }
    let (entries, head) =
        app.read(move |conn| Ok((LedgerEntry::after(conn, after, limit)?, LedgerHead::read(conn)?))).await?;
    let view = |e: LedgerEntry| LedgerEntryView {
        sequence: e.sequence,
        at: e.at,
        facts_sha256: e.facts_sha256,
        previous_hash: e.previous_hash,
        entry_hash: e.entry_hash,
    };
    Ok(web::Json(LedgerView {
        items: entries.into_iter().map(view).collect(),
        head: LedgerHeadView { sequence: head.sequence, entry_hash: head.entry_hash },
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptCheckView {
    genuine: bool,
    sentence: &'static str,
    sentence_en: &'static str,
    problems: Vec<ReceiptProblem>,
}

/// Check a receipt against itself and against the ledger
#[utoipa::path(tag = "leads", operation_id = "check_receipt", request_body = Receipt, responses((status = 200, body = ReceiptCheckView), crate::openapi::WriteErrors), security(()))]
#[post("/leads/receipt-checks")]
pub(super) async fn check_receipt(
    app: App,
    body: Json<Receipt>,
) -> Result<web::Json<ReceiptCheckView>, AppError> {
    let receipt = body.value;
    let problems = app.read(move |conn| receipt.check(conn)).await?;
    let (sentence, sentence_en) = match problems.first() {
        None => (
            "回执真实有效：内容未被改动，且已载入账本",
            "The receipt is genuine: nothing was changed, and the ledger holds it",
        ),
        Some(problem) => (problem.zh(), problem.en()),
    };
    Ok(web::Json(ReceiptCheckView { genuine: problems.is_empty(), sentence, sentence_en, problems }))
}
