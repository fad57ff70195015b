//! Target enterprises by workbook, over HTTP: the template and the export, the dry run, the import and its undoing.
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::enterprise::search_of;
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{Courting, Enterprise, EnterpriseScale, EnterpriseSearch};
use crate::libraries::enterprises::sheet::{self, Enterprises};
use crate::libraries::imports::LibraryImportId;
use crate::libraries::imports::api::{
    self as imports, LibraryImportForm, LibraryImportSummary, LibraryImportView, LibraryWorkbook,
};
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::Title;
use crate::platform::web::{Json, Nothing};

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
    scale: Option<EnterpriseScale>,
    #[param(max_length = 40)]
    region: Option<String>,
    courting: Option<Courting>,
}

/// A workbook to fill in, empty or with the enterprises that fit; it names who took it and when, and holds no contacts
#[utoipa::path(tag = "enterprises", operation_id = "show_enterprise_sheet", params(SheetChoice), responses((status = 200, body = LibraryWorkbook, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ReadErrors))]
#[get("/enterprises/sheet")]
pub(super) async fn show_enterprise_sheet(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    choice: web::Query<SheetChoice>,
) -> Result<HttpResponse, AppError> {
    let choice = choice.into_inner();
    let search = search_of(EnterpriseSearch {
        words: choice.q,
        industry: choice.industry,
        chain_link: choice.chain_link,
        scale: choice.scale,
        region: choice.region,
        courting: choice.courting,
        unit_id: actor.unit_id.clone(),
    })?;
    let title = Title { sheet: sheet::SHEET, text: sheet::HOW };
    let filled = choice.filled == Some(true);
    let who = (actor, circumstances);
    imports::workbook::<Enterprises, _>(app, who, filled, title, move |conn, paging| {
        Ok(Enterprise::list(conn, &search, paging)?.map(|one| sheet::row(&one)))
    })
    .await
}

/// Check a workbook: every row that does not fit is named with column and reason; nothing is written yet
#[utoipa::path(tag = "enterprises", operation_id = "check_enterprise_import", request_body(content = LibraryImportForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LibraryImportView), WriteErrors))]
#[post("/enterprise-imports")]
pub(super) async fn check_enterprise_import(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    imports::check::<Enterprises>(app, act, request, form).await
}

/// Workbooks of one's unit, newest first
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprise_imports", params(Paging), responses((status = 200, body = Page<LibraryImportSummary>), ReadErrors))]
#[get("/enterprise-imports")]
pub(super) async fn list_enterprise_imports(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<LibraryImportSummary>>, AppError> {
    imports::list::<Enterprises>(app, actor, paging.into_inner()).await
}

/// One workbook, its misfits, and how far it has come
#[utoipa::path(tag = "enterprises", operation_id = "find_enterprise_import", params(("id" = LibraryImportId, Path)), responses((status = 200, body = LibraryImportView), ReadErrors))]
#[get("/enterprise-imports/{id}")]
pub(super) async fn find_enterprise_import(
    app: App,
    actor: Actor,
    id: web::Path<LibraryImportId>,
) -> Result<web::Json<LibraryImportView>, AppError> {
    imports::find::<Enterprises>(app, actor, id.into_inner()).await
}

/// Write all rows of one's own checked workbook, or none
#[utoipa::path(tag = "enterprises", operation_id = "confirm_enterprise_import", request_body = Nothing, params(("id" = LibraryImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = LibraryImportView), WriteErrors))]
#[post("/enterprise-imports/{id}/confirmations")]
pub(super) async fn confirm_enterprise_import(
    app: App,
    act: Act,
    id: web::Path<LibraryImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    imports::confirm::<Enterprises>(app, act, id.into_inner(), body).await
}

/// Take one's own import back; rows with which somebody has gone on stay, and are counted
#[utoipa::path(tag = "enterprises", operation_id = "undo_enterprise_import", request_body = Nothing, params(("id" = LibraryImportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = LibraryImportView), WriteErrors))]
#[post("/enterprise-imports/{id}/undoings")]
pub(super) async fn undo_enterprise_import(
    app: App,
    act: Act,
    id: web::Path<LibraryImportId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    imports::undo::<Enterprises>(app, act, id.into_inner(), body).await
}
