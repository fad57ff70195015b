//! Signing ceremonies, over HTTP: planned by an office, open to everybody.
use actix_web::{HttpResponse, get, post, put, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Nothing, attached};
use crate::app::App;
use crate::deals::signings::ceremony::{self, Ceremony, CeremonyId, CeremonyState, PlanCeremony, ScreenView};
use crate::deals::signings::paper::CEREMONY_POSTER;
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::page::{Page, Paging};
use crate::platform::pdf::{self, Sheet};
use crate::platform::web::Json;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_ceremony)
        .service(list_ceremonies)
        .service(find_ceremony)
        .service(update_ceremony)
        .service(open_ceremony)
        .service(close_ceremony)
        .service(show_ceremony)
        .service(show_ceremony_poster)
        .service(show_press_list);
}

/// One ceremony in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CeremonyView {
    id: CeremonyId,
    unit_id: String,
    title: String,
    title_en: String,
    place: String,
    starts_at: Time,
    state: CeremonyState,
}

impl From<Ceremony> for CeremonyView {
    fn from(c: Ceremony) -> Self {
        Self {
            id: c.id,
            unit_id: c.unit_id,
            title: c.title,
            title_en: c.title_en,
            place: c.place,
            starts_at: c.starts_at,
            state: c.state,
        }
    }
}

fn shown(tx: &mut Tx<'_>, id: &CeremonyId) -> Result<ScreenView, AppError> {
    let found = Ceremony::seen_by(tx.conn, id, tx.actor)?;
    ceremony::screen(tx.conn, found, tx.now)
}

/// Plan a ceremony of one's unit
#[utoipa::path(tag = "signings", operation_id = "create_ceremony", request_body = PlanCeremony, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ScreenView), WriteErrors))]
#[post("/signings/ceremonies")]
pub(super) async fn create_ceremony(
    app: App,
    act: Act,
    body: Json<PlanCeremony>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, new: &PlanCeremony| {
        let id = ceremony::plan(tx, new)?;
        shown(tx, &id)
    })
    .await
}

/// Ceremonies of my unit, newest first
#[utoipa::path(tag = "signings", operation_id = "list_ceremonies", params(Paging), responses((status = 200, body = Page<CeremonyView>), ReadErrors))]
#[get("/signings/ceremonies")]
pub(super) async fn list_ceremonies(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<CeremonyView>>, AppError> {
    let (limit, after) = (paging.limit()?, paging.after_key()?);
    let rows = app.read(move |conn| Ceremony::list(conn, &actor, after, limit + 1)).await?;
    Ok(web::Json(Page::of(rows, limit, |c| vec![c.id.to_string()]).map(CeremonyView::from)))
}

/// A ceremony, for the office that holds it
#[utoipa::path(tag = "signings", operation_id = "find_ceremony", params(("id" = CeremonyId, Path)), responses((status = 200, body = ScreenView), ReadErrors))]
#[get("/signings/ceremonies/{id}")]
pub(super) async fn find_ceremony(
    app: App,
    actor: Actor,
    id: web::Path<CeremonyId>,
) -> Result<web::Json<ScreenView>, AppError> {
    Ok(web::Json(of_office(&app, actor, id.into_inner()).await?))
}

async fn of_office(app: &App, actor: Actor, id: CeremonyId) -> Result<ScreenView, AppError> {
    let now = app.now();
    app.read(move |conn| {
        let found = Ceremony::seen_by(conn, &id, &actor)?;
        ceremony::screen(conn, found, now)
    })
    .await
}

/// Change a ceremony until it is closed
#[utoipa::path(tag = "signings", operation_id = "update_ceremony", request_body = PlanCeremony, params(("id" = CeremonyId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ScreenView), WriteErrors))]
#[put("/signings/ceremonies/{id}")]
pub(super) async fn update_ceremony(
    app: App,
    act: Act,
    id: web::Path<CeremonyId>,
    body: Json<PlanCeremony>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &PlanCeremony| {
        Ceremony::seen_by(tx.conn, &id, tx.actor)?;
        ceremony::replan(tx, &id, new)?;
        shown(tx, &id)
    })
    .await
}

/// Let the audience look
#[utoipa::path(tag = "signings", operation_id = "open_ceremony", request_body = Nothing, params(("id" = CeremonyId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ScreenView), WriteErrors))]
#[post("/signings/ceremonies/{id}/openings")]
pub(super) async fn open_ceremony(
    app: App,
    act: Act,
    id: web::Path<CeremonyId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        Ceremony::seen_by(tx.conn, &id, tx.actor)?;
        ceremony::open(tx, &id)?;
        shown(tx, &id)
    })
    .await
}

/// End a ceremony; its page stays for replay
#[utoipa::path(tag = "signings", operation_id = "close_ceremony", request_body = Nothing, params(("id" = CeremonyId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ScreenView), WriteErrors))]
#[post("/signings/ceremonies/{id}/closings")]
pub(super) async fn close_ceremony(
    app: App,
    act: Act,
    id: web::Path<CeremonyId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        Ceremony::seen_by(tx.conn, &id, tx.actor)?;
        ceremony::close(tx, &id)?;
        shown(tx, &id)
    })
    .await
}

/// An open or closed ceremony, for the big screen and every phone
#[utoipa::path(tag = "signings", operation_id = "show_ceremony", params(("id" = CeremonyId, Path)), responses((status = 200, body = ScreenView), ReadErrors), security(()))]
#[get("/signings/ceremonies/{id}/screen")]
pub(super) async fn show_ceremony(
    app: App,
    id: web::Path<CeremonyId>,
) -> Result<web::Json<ScreenView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let found = Ceremony::public(conn, &id)?;
            ceremony::screen(conn, found, now)
        })
        .await?;
    Ok(web::Json(view))
}

/// The poster of a ceremony
#[utoipa::path(tag = "signings", operation_id = "show_ceremony_poster", params(("id" = CeremonyId, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>), ReadErrors))]
#[get("/signings/ceremonies/{id}/poster")]
pub(super) async fn show_ceremony_poster(
    app: App,
    actor: Actor,
    id: web::Path<CeremonyId>,
) -> Result<HttpResponse, AppError> {
    let view = of_office(&app, actor, id.into_inner()).await?;
    let (house, day) = (app.clone(), app.now().day());
    let set = move || {
        let data = serde_json::to_value(&view).map_err(AppError::internal)?;
        let sheet = Sheet { template: CEREMONY_POSTER, data: &data, files: &[], date: day, tagged: true };
        Ok(pdf::set(&*house.paper.engine()?, &sheet)?.pdf)
    };
    Ok(attached("ceremony-poster.pdf", "application/pdf", app.paper.work(set).await?))
}

/// What the press is given: agreements, parties and amounts, no personal data
#[utoipa::path(tag = "signings", operation_id = "show_press_list", params(("id" = CeremonyId, Path)), responses((status = 200, content_type = "text/csv", body = String), ReadErrors))]
#[get("/signings/ceremonies/{id}/press-list")]
pub(super) async fn show_press_list(
    app: App,
    actor: Actor,
    id: web::Path<CeremonyId>,
) -> Result<HttpResponse, AppError> {
    let view = of_office(&app, actor, id.into_inner()).await?;
    Ok(attached("press-list.csv", "text/csv; charset=utf-8", ceremony::press_list(&view).into_bytes()))
}
