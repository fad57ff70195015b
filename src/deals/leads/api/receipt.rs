//! Receipts and the public ledger.
use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::leads::checkpoint::Checkpoint;
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::ledger::{self, EntryKind, LedgerEntry, LedgerHead};
use crate::deals::leads::receipt::{Receipt, ReceiptProblem};
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::platform::clock::Time;
use crate::platform::merkle::{Hash, Plan};
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
            // It says all that was submitted, unmasked: it is the submitter's own.
            if !actor.is(&lead.submitted_by) {
                return Err(AppError::NotFound);
            }
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
    kind: EntryKind,
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
    let after = not_negative("after", filter.after)?;
    let (entries, head) =
        app.read(move |conn| Ok((LedgerEntry::after(conn, after, limit)?, LedgerHead::read(conn)?))).await?;
    let view = |e: LedgerEntry| LedgerEntryView {
        sequence: e.sequence,
        at: e.at,
        kind: e.kind,
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
pub struct CheckpointView {
    /// Entries under the root
    size: i64,
    /// Hex
    root: String,
    /// The signed text, for anyone to keep
    note: String,
    at: Time,
    /// When the second place had it
    kept_at: Option<Time>,
}

impl From<Checkpoint> for CheckpointView {
    fn from(c: Checkpoint) -> Self {
        Self { size: c.size, root: c.root, note: c.note, at: c.at, kept_at: c.kept_at }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckpointsView {
    items: Vec<CheckpointView>,
    latest: Option<CheckpointView>,
    /// With which the notes are checked: name, id and public key
    key: String,
}

/// Signed checkpoints of the ledger, the smallest first
#[utoipa::path(tag = "leads", operation_id = "list_checkpoints", params(LedgerFilter), responses((status = 200, body = CheckpointsView), ReadErrors), security(()))]
#[get("/leads/ledger/checkpoints")]
pub(super) async fn list_checkpoints(
    app: App,
    filter: web::Query<LedgerFilter>,
) -> Result<web::Json<CheckpointsView>, AppError> {
    let limit = Paging::new(filter.limit, None).limit()?;
    let after = not_negative("after", filter.after)?;
    let (items, latest) =
        app.read(move |conn| Ok((Checkpoint::after(conn, after, limit)?, Checkpoint::latest(conn)?))).await?;
    Ok(web::Json(CheckpointsView {
        items: items.into_iter().map(CheckpointView::from).collect(),
        latest: latest.map(CheckpointView::from),
        key: app.ledger_signer.key().to_string(),
    }))
}

fn not_negative(field: &'static str, value: Option<i64>) -> Result<i64, AppError> {
    value.map_or(Ok(0), |n| if n < 0 { Err(AppError::field(field, "input.range")) } else { Ok(n) })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InclusionFilter {
    /// The entry whose place is to be proved
    #[param(minimum = 1)]
    sequence: i64,
    /// Entries of the tree; the latest checkpoint's, or the whole ledger's when that does not reach so far
    #[param(minimum = 1)]
    size: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InclusionView {
    sequence: i64,
    size: i64,
    leaf_hash: String,
    /// From the leaf up
    path: Vec<String>,
    root: String,
    /// The checkpoint of this size, when it was signed
    checkpoint: Option<CheckpointView>,
}

/// Prove that an entry stands at its place in the ledger (RFC 6962, 2.1.1)
#[utoipa::path(tag = "leads", operation_id = "prove_inclusion", params(InclusionFilter), responses((status = 200, body = InclusionView), ReadErrors), security(()))]
#[get("/leads/ledger/inclusion-proofs")]
pub(super) async fn prove_inclusion(
    app: App,
    filter: web::Query<InclusionFilter>,
) -> Result<web::Json<InclusionView>, AppError> {
    let InclusionFilter { sequence, size } = filter.into_inner();
    let view = app
        .read(move |conn| {
            let entry = LedgerEntry::at_sequence(conn, sequence)?.ok_or(AppError::NotFound)?;
            let latest = Checkpoint::latest(conn)?.filter(|c| c.size >= sequence);
            let head = LedgerHead::read(conn)?.sequence;
            let size = size.or(latest.as_ref().map(|c| c.size)).unwrap_or(head);
            if size < sequence || size > head {
                return Err(AppError::field("size", "input.range"));
            }
            let plan = Plan::inclusion(sequence.unsigned_abs() - 1, size.unsigned_abs());
            let path = ledger::proof(conn, &plan.ok_or(AppError::NotFound)?)?.ok_or(AppError::NotFound)?;
            let checkpoint = Checkpoint::after(conn, size - 1, 1)?.pop().filter(|c| c.size == size);
            Ok(InclusionView {
                sequence,
                size,
                leaf_hash: hex::encode(entry.leaf()),
                path: texts(&path),
                root: hex::encode(ledger::root(conn, size)?),
                checkpoint: checkpoint.map(CheckpointView::from),
            })
        })
        .await?;
    Ok(web::Json(view))
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyFilter {
    /// Entries of the earlier tree
    #[param(minimum = 1)]
    from: i64,
    /// Entries of the later tree
    #[param(minimum = 1)]
    to: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsistencyView {
    from: i64,
    to: i64,
    from_root: String,
    to_root: String,
    path: Vec<String>,
}

/// Prove that the ledger of one day begins that of another: nothing was changed between (RFC 6962, 2.1.2)
#[utoipa::path(tag = "leads", operation_id = "prove_consistency", params(ConsistencyFilter), responses((status = 200, body = ConsistencyView), ReadErrors), security(()))]
#[get("/leads/ledger/consistency-proofs")]
pub(super) async fn prove_consistency(
    app: App,
    filter: web::Query<ConsistencyFilter>,
) -> Result<web::Json<ConsistencyView>, AppError> {
    let ConsistencyFilter { from, to } = filter.into_inner();
    let view = app
        .read(move |conn| {
            if from < 1 || from > to || to > LedgerHead::read(conn)?.sequence {
                return Err(AppError::field("to", "input.range"));
            }
            let plan = Plan::consistency(from.unsigned_abs(), to.unsigned_abs());
            let path = ledger::proof(conn, &plan.ok_or(AppError::NotFound)?)?.ok_or(AppError::NotFound)?;
            Ok(ConsistencyView {
                from,
                to,
                from_root: hex::encode(ledger::root(conn, from)?),
                to_root: hex::encode(ledger::root(conn, to)?),
                path: texts(&path),
            })
        })
        .await?;
    Ok(web::Json(view))
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
