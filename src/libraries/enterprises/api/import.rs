//! Target enterprises by workbook, over HTTP: the template and the export, the dry run, the import and its undoing.
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::enterprise::search_of;
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{Courting, Enterprise};
use crate::libraries::enterprises::import::{EnterpriseImport, EnterpriseImportId, EnterpriseImportState};
use crate::libraries::enterprises::sheet;
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::platform::clock::Time;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::{self, RowError, Title, WORKBOOK, reader};
use crate::platform::upload;
use crate::platform::web::{Json, Nothing};

/// Rows of one export: enough to work with, too few to carry the library away.
const MOST_EXPORTED: usize = 1000;
/// Misfits that one answer shows.
const MOST_SHOWN: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SheetChoice {
    /// With the enterprises that fit filled in, at most 1000, most lately touched first; the export is written down
    filled: Option<bool>,
    #[param(max_length = 60)]
    q: Option<String>,
    industry: Option<Industry>,
    #[param(max_length = 40)]
    chain_link: Option<String>,
    courting: Option<Courting>,
}

/// The bytes of a workbook.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct EnterpriseWorkbook(Vec<u8>);

/// A workbook to fill in, empty or with the enterprises that fit; it names who took it and when, and holds no contacts
#[utoipa::path(tag = "enterprises", operation_id = "show_enterprise_sheet", params(SheetChoice), responses((status = 200, body = EnterpriseWorkbook, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ReadErrors))]
#[get("/enterprises/sheet")]
pub(super) async fn show_enterprise_sheet(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    choice: web::Query<SheetChoice>,
) -> Result<HttpResponse, AppError> {
    let (now, choice) = (app.now(), choice.into_inner());
    let filled = choice.filled == Some(true);
    let search = search_of(choice.q, choice.industry, choice.chain_link, choice.courting, &actor)?;
    let who = actor.name.clone();
    let rows = app
        .db
        .write(move |conn| {
            let mut rows = Vec::new();
            let mut cursor = None;
            while filled && rows.len() < MOST_EXPORTED {
                let page = Enterprise::list(conn, &search, &Paging::new(Some(100), cursor))?;
                rows.extend(page.items.iter().map(sheet::row));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            if filled {
                exported(&actor, &circumstances, rows.len(), now).write(conn)?;
            }
            Ok(rows)
        })
        .await?;
    let at = now.in_china().format("%Y-%m-%d %H:%M");
    let mark = if filled {
        format!("内部资料，{who} 于 {at} 导出，导出已记入审计。")
    } else {
        String::new()
    };
    let write = move || {
        let text = format!("{}{mark}", sheet::HOW);
        spreadsheet::template(Title { sheet: sheet::SHEET, text: &text }, &sheet::columns(), &rows)
    };
    let bytes = web::block(write).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok()
        .content_type(WORKBOOK)
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"enterprises.xlsx\""))
        .body(bytes))
}

fn exported(actor: &Actor, circumstances: &Circumstances, rows: usize, now: Time) -> Entry {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: Some(actor.id.to_string()),
        actor_name: Some(actor.name.clone()),
        operation: circumstances.operation.to_owned(),
        subject: None,
        outcome: Outcome::Done,
        request_id: circumstances.request_id.clone(),
        address: circumstances.address.clone(),
        detail: Some(format!("{rows} enterprises exported")),
    }
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct EnterpriseImportForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseImportSummary {
    id: EnterpriseImportId,
    file_name: String,
    /// Rows that are not empty
    rows: i32,
    /// Rows that do not fit
    bad_rows: i32,
    state: EnterpriseImportState,
    /// Rows that its undoing left as they are
    kept_rows: i32,
    checked_by_name: String,
    checked_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseImportView {
    #[serde(flatten)]
    import: EnterpriseImportSummary,
    /// Every cell that does not fit, by row; the first 1000
    errors: Vec<RowError>,
    /// Whether the reader may import or undo it now
    may_confirm: bool,
    may_undo: bool,
}

impl From<EnterpriseImport> for EnterpriseImportSummary {
    fn from(import: EnterpriseImport) -> Self {
        Self {
            id: import.id,
            file_name: import.file_name,
            rows: import.row_count,
            bad_rows: import.error_count,
            state: import.state,
            kept_rows: import.kept_count,
            checked_by_name: import.checked_by_name,
            checked_at: import.checked_at,
        }
    }
}

fn view(actor: &Actor, import: EnterpriseImport) -> Result<EnterpriseImportView, AppError> {
    let own = actor.is(&import.checked_by);
    Ok(EnterpriseImportView {
        errors: import.row_errors()?.into_iter().take(MOST_SHOWN).collect(),
        may_confirm: own && import.state == EnterpriseImportState::Checked && import.error_count == 0,
        may_undo: own && import.state == EnterpriseImportState::Imported,
        import: import.into(),
    })
}

/// Check a workbook: every row that does not fit is named with column and reason; nothing is written yet
#[utoipa::path(tag = "enterprises", operation_id = "check_enterprise_import", request_body(content = EnterpriseImportForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseImportView), WriteErrors))]
#[post("/enterprise-imports")]
pub(super) async fn check_enterprise_import(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let form = Multipart::new(request.headers(), form);
    let (name, bytes) = upload::one_file(form, reader::MOST_BYTES).await?;
    let digest = sha256_hex(&bytes);
    if let Some(earlier) = act.earlier(&app, &digest).await? {
        return Ok(earlier);
    }
    let cells = reader::read(app.config.program.as_deref(), bytes).await?;
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        let import = EnterpriseImport::check(tx.conn, tx.actor, &name, &cells, tx.now)?;
        import.insert(tx.conn)?;
        tx.subject("enterprise_import", &import.id);
        view(tx.actor, import)
    })
    .await
}

/// Workbooks of one's unit, newest first
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprise_imports", params(Paging), responses((status = 200, body = Page<EnterpriseImportSummary>), ReadErrors))]
#[get("/enterprise-imports")]
pub(super) async fn list_enterprise_imports(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<EnterpriseImportSummary>>, AppError> {
    let list = app.read(move |conn| EnterpriseImport::list(conn, &actor, &paging)).await?;
    Ok(web::Json(list.map(EnterpriseImportSummary::from)))
}

/// One workbook, its misfits, and how far it has come
#[utoipa::path(tag = "enterprises", operation_id = "find_enterprise_import", params(("id" = EnterpriseImportId, Path)), responses((status = 200, body = EnterpriseImportView), ReadErrors))]
#[get("/enterprise-imports/{id}")]
pub(super) async fn find_enterprise_import(
    app: App,
    actor: Actor,
    id: web::Path<EnterpriseImportId>,
) -> Result<web::Json<EnterpriseImportView>, AppError> {
    let found = app
        .read(move |conn| {
            let import = EnterpriseImport::find(conn, &actor, &id)?;
            view(&actor, import)
        })
        .await?;
    Ok(web::Json(found))
}

/// Write all rows of one's own checked workbook, or none
#[utoipa::path(tag = "enterprises", operation_id = "confirm_enterprise_import", request_body = Nothing, params(("id" = EnterpriseImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = EnterpriseImportView), WriteErrors))]
#[post("/enterprise-imports/{id}/confirmations")]
pub(super) async fn confirm_enterprise_import(
    app: App,
    act: Act,
    id: web::Path<EnterpriseImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = own(EnterpriseImport::take(tx.conn, tx.actor, &id)?, tx.actor)?;
        let rows = import.confirm(tx.conn, tx.now)?;
        tx.subject("enterprise_import", &import.id);
        tx.detail(format!("{rows} enterprises"));
        let import = EnterpriseImport::find(tx.conn, tx.actor, &id)?;
        view(tx.actor, import)
    })
    .await
}

/// Take one's own import back; rows with which somebody has gone on stay, and are counted
#[utoipa::path(tag = "enterprises", operation_id = "undo_enterprise_import", request_body = Nothing, params(("id" = EnterpriseImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = EnterpriseImportView), WriteErrors))]
#[post("/enterprise-imports/{id}/undoings")]
pub(super) async fn undo_enterprise_import(
    app: App,
    act: Act,
    id: web::Path<EnterpriseImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = own(EnterpriseImport::take(tx.conn, tx.actor, &id)?, tx.actor)?;
        let kept = import.undo(tx.conn, tx.now)?;
        tx.subject("enterprise_import", &import.id);
        tx.detail(format!("{kept} rows kept"));
        let import = EnterpriseImport::find(tx.conn, tx.actor, &id)?;
        view(tx.actor, import)
    })
    .await
}

/// A colleague reads it and does nothing with it.
fn own(import: EnterpriseImport, actor: &Actor) -> Result<EnterpriseImport, AppError> {
    if actor.is(&import.checked_by) { Ok(import) } else { Err(AppError::NotFound) }
}
