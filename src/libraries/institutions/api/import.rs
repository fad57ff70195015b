//! Institutions by workbook, over HTTP: the template and the export, the dry run, the import and its undoing.
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::institution::search_of;
use crate::app::App;
use crate::error::AppError;
use crate::libraries::imports::LibraryImportId;
use crate::libraries::imports::api::{
    self as imports, LibraryImportForm, LibraryImportSummary, LibraryImportView, LibraryWorkbook,
};
use crate::libraries::industry::Industry;
use crate::libraries::institutions::institution::{Institution, InstitutionKind, InstitutionSearch};
use crate::libraries::institutions::sheet::{self, Institutions};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::Title;
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InstitutionSheetChoice {
    /// With the institutions that fit filled in, at most 1000, most lately touched first; the export is written down
    filled: Option<bool>,
    #[param(max_length = 60)]
    q: Option<String>,
    kind: Option<InstitutionKind>,
    #[param(max_length = 40)]
    region: Option<String>,
    industry: Option<Industry>,
    #[param(max_length = 40)]
    keeper_unit_id: Option<String>,
    silent_since: Option<NaiveDate>,
}

/// A workbook to fill in, empty or with the institutions that fit; it names who took it and when, and holds no people
#[utoipa::path(tag = "institutions", operation_id = "show_institution_sheet", params(InstitutionSheetChoice), responses((status = 200, body = LibraryWorkbook, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ReadErrors))]
#[get("/institutions/sheet")]
pub(super) async fn show_institution_sheet(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    choice: web::Query<InstitutionSheetChoice>,
) -> Result<HttpResponse, AppError> {
    let choice = choice.into_inner();
    let search = search_of(InstitutionSearch {
        words: choice.q,
        kind: choice.kind,
        region: choice.region,
        industry: choice.industry,
        keeper_unit_id: choice.keeper_unit_id,
        silent_since: choice.silent_since,
    })?;
    let title = Title { sheet: sheet::SHEET, text: sheet::HOW };
    let filled = choice.filled == Some(true);
    let who = (actor, circumstances);
    imports::workbook::<Institutions, _>(app, who, filled, title, move |conn, paging| {
        let page = Institution::list(conn, &search, paging)?;
        Ok(Page { items: sheet::lines(conn, page.items)?, next: page.next })
    })
    .await
}

/// Check a workbook: every row that does not fit is named with column and reason; nothing is written yet
#[utoipa::path(tag = "institutions", operation_id = "check_institution_import", request_body(content = LibraryImportForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LibraryImportView), WriteErrors))]
#[post("/institution-imports")]
pub(super) async fn check_institution_import(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    imports::check::<Institutions>(app, act, request, form).await
}

/// Workbooks of one's unit, newest first
#[utoipa::path(tag = "institutions", operation_id = "list_institution_imports", params(Paging), responses((status = 200, body = Page<LibraryImportSummary>), ReadErrors))]
#[get("/institution-imports")]
pub(super) async fn list_institution_imports(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<LibraryImportSummary>>, AppError> {
    imports::list::<Institutions>(app, actor, paging.into_inner()).await
}

/// One workbook, its misfits, and how far it has come
#[utoipa::path(tag = "institutions", operation_id = "find_institution_import", params(("id" = LibraryImportId, Path)), responses((status = 200, body = LibraryImportView), ReadErrors))]
#[get("/institution-imports/{id}")]
pub(super) async fn find_institution_import(
    app: App,
    actor: Actor,
    id: web::Path<LibraryImportId>,
) -> Result<web::Json<LibraryImportView>, AppError> {
    imports::find::<Institutions>(app, actor, id.into_inner()).await
}

/// Write all rows of one's own checked workbook, or none
#[utoipa::path(tag = "institutions", operation_id = "confirm_institution_import", request_body = Nothing, params(("id" = LibraryImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = LibraryImportView), WriteErrors))]
#[post("/institution-imports/{id}/confirmations")]
pub(super) async fn confirm_institution_import(
    app: App,
    act: Act,
    id: web::Path<LibraryImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    imports::confirm::<Institutions>(app, act, id.into_inner(), body).await
}

/// Take one's own import back; rows with which somebody has gone on stay, and are counted
#[utoipa::path(tag = "institutions", operation_id = "undo_institution_import", request_body = Nothing, params(("id" = LibraryImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = LibraryImportView), WriteErrors))]
#[post("/institution-imports/{id}/undoings")]
pub(super) async fn undo_institution_import(
    app: App,
    act: Act,
    id: web::Path<LibraryImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    imports::undo::<Institutions>(app, act, id.into_inner(), body).await
}
