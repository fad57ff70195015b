//! What the operations of every library's workbooks share: what they answer, and how.
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::imports::import::{LibraryImport, LibraryImportId, LibraryImportState};
use crate::libraries::imports::library::Library;
use crate::people::auth::{Act, Actor, Circumstances};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::reader::Cell;
use crate::platform::spreadsheet::{self, MOST_EXPORTED, RowError, Title, WORKBOOK, reader};
use crate::platform::upload;
use crate::platform::web::{Json, Nothing};

/// Misfits that one answer shows.
const MOST_SHOWN: usize = 1000;

/// The bytes of a workbook.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct LibraryWorkbook(Vec<u8>);

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct LibraryImportForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LibraryImportSummary {
    id: LibraryImportId,
    file_name: String,
    /// Rows that are not empty
    rows: i32,
    /// Rows that do not fit
    bad_rows: i32,
    state: LibraryImportState,
    /// Rows that its undoing left as they are
    kept_rows: i32,
    checked_by_name: String,
    checked_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LibraryImportView {
    #[serde(flatten)]
    import: LibraryImportSummary,
    /// Every cell that does not fit, by row; the first 1000
    errors: Vec<RowError>,
    /// Whether the reader may import or undo it now
    may_confirm: bool,
    may_undo: bool,
}

impl From<LibraryImport> for LibraryImportSummary {
    fn from(import: LibraryImport) -> Self {
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

fn view(actor: &Actor, import: LibraryImport) -> Result<LibraryImportView, AppError> {
    let own = actor.is(&import.checked_by);
    Ok(LibraryImportView {
        errors: import.row_errors()?.into_iter().take(MOST_SHOWN).collect(),
        may_confirm: own && import.state == LibraryImportState::Checked && import.error_count == 0,
        may_undo: own && import.state == LibraryImportState::Imported,
        import: import.into(),
    })
}

/// One row of a workbook, in the order of the columns.
pub type Line = Vec<Option<Cell>>;

/// A library's workbook: empty, or filled with the pages that `page` gives, watermarked and written down.
pub async fn workbook<L, F>(
    app: App,
    (actor, circumstances): (Actor, Circumstances),
    filled: bool,
    title: Title<'static>,
    page: F,
) -> Result<HttpResponse, AppError>
where
    L: Library,
    F: Fn(&mut DbConn, &Paging) -> Result<Page<Line>, AppError> + Send + 'static,
{
    let now = app.now();
    let mark = filled.then(|| actor.export_mark(now));
    let rows = app
        .db
        .write(move |conn| {
            let mut rows = Vec::new();
            let mut cursor = None;
            while filled && rows.len() < MOST_EXPORTED {
                let next = page(conn, &Paging::new(Some(100), cursor))?;
                rows.extend(next.items);
                cursor = next.next;
                if cursor.is_none() {
                    break;
                }
            }
            if filled {
                circumstances.exported(&actor, rows.len(), now).write(conn)?;
            }
            Ok(rows)
        })
        .await?;
    let write = move || spreadsheet::template(title, &L::columns(), &rows, mark.as_deref());
    let bytes = web::block(write).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok()
        .content_type(WORKBOOK)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.xlsx\"", L::NAME)))
        .body(bytes))
}

/// The dry run of an uploaded workbook.
pub async fn check<L: Library>(
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
        let import = LibraryImport::check::<L>(tx.conn, tx.actor, &name, &cells, tx.now)?;
        import.insert(tx.conn)?;
        tx.subject("library_import", &import.id);
        view(tx.actor, import)
    })
    .await
}

pub async fn list<L: Library>(
    app: App,
    actor: Actor,
    paging: Paging,
) -> Result<web::Json<Page<LibraryImportSummary>>, AppError> {
    let list = app.read(move |conn| LibraryImport::list::<L>(conn, &actor, &paging)).await?;
    Ok(web::Json(list.map(LibraryImportSummary::from)))
}

pub async fn find<L: Library>(
    app: App,
    actor: Actor,
    id: LibraryImportId,
) -> Result<web::Json<LibraryImportView>, AppError> {
    let found = app
        .read(move |conn| {
            let import = LibraryImport::find::<L>(conn, &actor, &id)?;
            view(&actor, import)
        })
        .await?;
    Ok(web::Json(found))
}

pub async fn confirm<L: Library>(
    app: App,
    act: Act,
    id: LibraryImportId,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = own(LibraryImport::take::<L>(tx.conn, tx.actor, &id)?, tx.actor)?;
        let rows = import.confirm::<L>(tx.conn, tx.now)?;
        tx.subject("library_import", &import.id);
        tx.detail(format!("{rows} rows"));
        let import = LibraryImport::find::<L>(tx.conn, tx.actor, &id)?;
        view(tx.actor, import)
    })
    .await
}

pub async fn undo<L: Library>(
    app: App,
    act: Act,
    id: LibraryImportId,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = own(LibraryImport::take::<L>(tx.conn, tx.actor, &id)?, tx.actor)?;
        let kept = import.undo::<L>(tx.conn, tx.now)?;
        tx.subject("library_import", &import.id);
        tx.detail(format!("{kept} rows kept"));
        let import = LibraryImport::find::<L>(tx.conn, tx.actor, &id)?;
        view(tx.actor, import)
    })
    .await
}

/// A colleague reads it and does nothing with it.
fn own(import: LibraryImport, actor: &Actor) -> Result<LibraryImport, AppError> {
    if actor.is(&import.checked_by) { Ok(import) } else { Err(AppError::NotFound) }
}
