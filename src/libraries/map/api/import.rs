//! Sites by workbook, over HTTP: the template, the dry run, the import, its publication and its undoing.
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::map::atlas::renew;
use crate::libraries::map::events::{SiteDraftAnswered, SiteDraftWritten, officials};
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::site_import::{ImportId, ImportState, Listed, SiteImport, Upload, digest};
use crate::libraries::map::site_version::VersionState;
use crate::libraries::map::{site_check, site_sheet};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::{self, MOST_EXPORTED, RowError, WORKBOOK, reader};
use crate::platform::upload::one_file;
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplateChoice {
    /// With one's sites filled in, to be changed and uploaded again: the first 1000, with a mark of who took them
    with_sites: Option<bool>,
}

/// The bytes of a workbook.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct WorkbookBytes(Vec<u8>);

/// A workbook to fill in: columns with their rules, empty or with one's sites
#[utoipa::path(tag = "map", operation_id = "show_template", params(TemplateChoice), responses((status = 200, body = WorkbookBytes, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ReadErrors))]
#[get("/map/imports/template")]
pub(super) async fn show_template(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    choice: web::Query<TemplateChoice>,
) -> Result<HttpResponse, AppError> {
    let (now, with_sites) = (app.now(), choice.with_sites.unwrap_or(false));
    let mark = with_sites.then(|| actor.export_mark(now));
    let (units, rows) = app
        .db
        .write(move |conn| {
            let units = Unit::all(conn)?;
            let mut rows = Vec::new();
            if with_sites {
                let keeper = Keeper::of(conn, &actor)?;
                let mut cursor = None;
                loop {
                    let paging = Paging::new(Some(100), cursor);
                    let page = site_check::list(conn, &keeper, false, now, &paging)?;
                    rows.extend(page.items.iter().map(|site| site_sheet::row(site, &units)));
                    cursor = page.next;
                    if cursor.is_none() || rows.len() >= MOST_EXPORTED {
                        break;
                    }
                }
                circumstances.exported(&actor, rows.len(), now).write(conn)?;
            }
            Ok((units, rows))
        })
        .await?;
    let write = move || {
        spreadsheet::template(site_sheet::TITLE, &site_sheet::columns(&units), &rows, mark.as_deref())
    };
    let bytes = web::block(write).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok()
        .content_type(WORKBOOK)
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"sites.xlsx\""))
        .body(bytes))
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct ImportForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportSummary {
    id: ImportId,
    file_name: String,
    /// Rows that are not empty
    rows: i32,
    /// Rows that do not fit
    bad_rows: i32,
    state: ImportState,
    checked_by_name: String,
    checked_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    #[serde(flatten)]
    import: ImportSummary,
    /// Every cell that does not fit, by row; the first 1000
    errors: Vec<RowError>,
    /// Its drafts: still waiting, returned, published, given up
    open: i64,
    returned: i64,
    published: i64,
    discarded: i64,
    /// Whether the reader may import, publish, undo it now
    may_confirm: bool,
    may_publish: bool,
    may_undo: bool,
}

impl From<Listed> for ImportSummary {
    fn from((id, file_name, rows, bad_rows, state, checked_by_name, _, checked_at): Listed) -> Self {
        Self { id, file_name, rows, bad_rows, state, checked_by_name, checked_at }
    }
}

fn view(conn: &mut DbConn, actor: &Actor, import: SiteImport) -> Result<ImportView, AppError> {
    let progress = import.progress(conn)?;
    let count = |state: VersionState| progress.get(&state).copied().unwrap_or(0);
    let open = count(VersionState::Open);
    let own = actor.is(&import.checked_by);
    Ok(ImportView {
        errors: import.row_errors()?.into_iter().take(1000).collect(),
        open,
        returned: count(VersionState::Returned),
        published: count(VersionState::Published),
        discarded: count(VersionState::Discarded),
        may_confirm: own && import.state == ImportState::Checked && import.error_count == 0,
        may_publish: !own && import.state == ImportState::Imported && open > 0,
        may_undo: import.state == ImportState::Imported && open > 0,
        import: ImportSummary {
            id: import.id,
            file_name: import.file_name,
            rows: import.row_count,
            bad_rows: import.error_count,
            state: import.state,
            checked_by_name: import.checked_by_name,
            checked_at: import.checked_at,
        },
    })
}

/// Check a workbook: every row that does not fit is named with column and reason; nothing is imported yet
#[utoipa::path(tag = "map", operation_id = "check_import", request_body(content = ImportForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ImportView), WriteErrors))]
#[post("/map/imports")]
pub(super) async fn check_import(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let (name, bytes) = one_file(Multipart::new(request.headers(), form), reader::MOST_BYTES).await?;
    let sha256 = digest(&bytes);
    if let Some(earlier) = act.earlier(&app, &sha256).await? {
        return Ok(earlier);
    }
    let cells = reader::read(app.config.program.as_deref(), bytes).await?;
    let (file, digest) = ((name, sha256.clone()), sha256);
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        let upload = Upload { name: &file.0, sha256: file.1.clone(), cells: &cells };
        let import = SiteImport::check(tx.conn, tx.actor, &upload, tx.now)?;
        import.insert(tx.conn)?;
        tx.subject("import", &import.id);
        view(tx.conn, tx.actor, import)
    })
    .await
}

/// Workbooks of one's unit, newest first
#[utoipa::path(tag = "map", operation_id = "list_imports", params(Paging), responses((status = 200, body = Page<ImportSummary>), ReadErrors))]
#[get("/map/imports")]
pub(super) async fn list_imports(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<ImportSummary>>, AppError> {
    let page = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            Ok(SiteImport::list(conn, &keeper, &paging)?.map(ImportSummary::from))
        })
        .await?;
    Ok(web::Json(page))
}

/// One workbook: its misfits, and what became of its rows
#[utoipa::path(tag = "map", operation_id = "find_import", params(("id" = ImportId, Path)), responses((status = 200, body = ImportView), ReadErrors))]
#[get("/map/imports/{id}")]
pub(super) async fn find_import(
    app: App,
    actor: Actor,
    id: web::Path<ImportId>,
) -> Result<web::Json<ImportView>, AppError> {
    let view = app
        .read(move |conn| {
            let import = SiteImport::find(conn, &actor, &id)?;
            view(conn, &actor, import)
        })
        .await?;
    Ok(web::Json(view))
}

/// Import a checked workbook: all its rows become drafts for a second pair of eyes, or none
#[utoipa::path(tag = "map", operation_id = "confirm_import", request_body = Nothing, params(("id" = ImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ImportView), WriteErrors))]
#[post("/map/imports/{id}/confirmations")]
pub(super) async fn confirm_import(
    app: App,
    act: Act,
    id: web::Path<ImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = SiteImport::take(tx.conn, tx.actor, &id)?;
        if !tx.actor.is(&import.checked_by) {
            return Err(AppError::NotFound);
        }
        let rows = import.confirm(tx.conn, tx.actor, tx.now)?;
        tx.subject("import", &import.id);
        tx.detail(format!("{rows} drafts"));
        let mut readers = officials(tx.conn, import.unit_id.iter().cloned().collect(), true)?;
        readers.retain(|reader| !tx.actor.is(reader));
        let body = (
            format!("{}：{} 处，{} 导入，请复核后公开", import.file_name, rows, import.checked_by_name),
            format!(
                "{}: {} sites, imported by {}. Please review.",
                import.file_name, rows, import.checked_by_name
            ),
        );
        let link = format!("/imports/{}", import.id);
        tx.emit(&SiteDraftWritten::to(readers, ("选址待复核", "Sites wait for review"), body, link))?;
        let import = SiteImport::find(tx.conn, tx.actor, &id)?;
        view(tx.conn, tx.actor, import)
    })
    .await
}

/// Publish all drafts of an import that wait; never by who imported them
#[utoipa::path(tag = "map", operation_id = "publish_import", request_body = Nothing, params(("id" = ImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ImportView), WriteErrors))]
#[post("/map/imports/{id}/publications")]
pub(super) async fn publish_import(
    app: App,
    act: Act,
    id: web::Path<ImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let answer = act
        .change(&app, body, move |tx, _: &Nothing| {
            let import = SiteImport::take(tx.conn, tx.actor, &id)?;
            let sites = import.publish(tx.conn, tx.actor, tx.now)?;
            tx.subject("import", &import.id);
            tx.detail(format!("{} sites", sites.len()));
            let body = (
                format!("{}：{} 处已复核公开", import.file_name, sites.len()),
                format!("{}: {} sites reviewed and published", import.file_name, sites.len()),
            );
            let link = format!("/imports/{}", import.id);
            let readers = vec![import.checked_by.clone()];
            tx.emit(&SiteDraftAnswered::to(readers, ("选址复核结果", "Sites were reviewed"), body, link))?;
            view(tx.conn, tx.actor, import)
        })
        .await?;
    renew(&app).await;
    Ok(answer)
}

/// Take an import back: its drafts that are not published are given up
#[utoipa::path(tag = "map", operation_id = "undo_import", request_body = Nothing, params(("id" = ImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ImportView), WriteErrors))]
#[post("/map/imports/{id}/undoings")]
pub(super) async fn undo_import(
    app: App,
    act: Act,
    id: web::Path<ImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let import = SiteImport::take(tx.conn, tx.actor, &id)?;
        let discarded = import.undo(tx.conn, tx.actor, tx.now)?;
        tx.subject("import", &import.id);
        tx.detail(format!("{discarded} drafts given up"));
        let import = SiteImport::find(tx.conn, tx.actor, &id)?;
        view(tx.conn, tx.actor, import)
    })
    .await
}
