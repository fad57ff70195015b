//! Registering, one's tickets, and the list of who registered.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{AttendeeView, RegistrationView, attendees, registrations};
use crate::app::App;
use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::registration::{Register, Registration, RegistrationId, RegistrationState};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::input::Line;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

fn own(tx: &mut Tx<'_>, app: &App, registration: Registration) -> Result<RegistrationView, AppError> {
    tx.subject("gathering_registration", &registration.id);
    registrations(tx.conn, app, vec![registration], tx.now)?.pop().ok_or(AppError::NotFound)
}

/// Register: a place with a ticket, or a place in the line when all are taken
#[utoipa::path(tag = "gatherings", operation_id = "create_registration", request_body = Register, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = RegistrationView), WriteErrors))]
#[post("/gatherings/{id}/registrations")]
pub(super) async fn create_registration(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<Register>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, wish: &Register| {
        let made = Registration::make(tx.conn, &house, &id, wish, &tx.actor.id, tx.now)?;
        own(tx, &house, made)
    })
    .await
}

/// One's own registration for a gathering
#[utoipa::path(tag = "gatherings", operation_id = "find_my_registration", params(("id" = GatheringId, Path)), responses((status = 200, body = RegistrationView), ReadErrors))]
#[get("/gatherings/{id}/registration")]
pub(super) async fn find_my_registration(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
) -> Result<web::Json<RegistrationView>, AppError> {
    let (house, now) = (app.clone(), app.now());
    let view = app
        .read(move |conn| {
            let found = Registration::of_person(conn, &id, &actor.id)?.ok_or(AppError::NotFound)?;
            registrations(conn, &house, vec![found], now)?.pop().ok_or(AppError::NotFound)
        })
        .await?;
    Ok(web::Json(view))
}

/// All registrations of one's own, newest first
#[utoipa::path(tag = "gatherings", operation_id = "list_my_registrations", params(Paging), responses((status = 200, body = Page<RegistrationView>), ReadErrors))]
#[get("/gatherings/registrations")]
pub(super) async fn list_my_registrations(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<RegistrationView>>, AppError> {
    let (house, now) = (app.clone(), app.now());
    let page = app
        .read(move |conn| {
            let page = Registration::mine(conn, &actor.id, &paging)?;
            Ok(Page { items: registrations(conn, &house, page.items, now)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// Give one's place back; whoever waits first gets it
#[utoipa::path(tag = "gatherings", operation_id = "give_back_place", request_body = Nothing, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = RegistrationView), WriteErrors))]
#[post("/gatherings/{id}/give-backs")]
pub(super) async fn give_back_place(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let found = Registration::of_person(tx.conn, &id, &tx.actor.id)?.ok_or(AppError::NotFound)?;
        found.give_back(tx.conn, tx.now)?;
        let found = Registration::find(tx.conn, &found.id)?;
        own(tx, &house, found)
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RegistrationFilter {
    state: Option<RegistrationState>,
    /// Those who came, or those who did not
    came: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Who registered, for the unit that holds the gathering
#[utoipa::path(tag = "gatherings", operation_id = "list_registrations", params(("id" = GatheringId, Path), RegistrationFilter), responses((status = 200, body = Page<AttendeeView>), ReadErrors))]
#[get("/gatherings/{id}/registrations")]
pub(super) async fn list_registrations(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
    filter: web::Query<RegistrationFilter>,
) -> Result<web::Json<Page<AttendeeView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            Gathering::held(conn, &actor, &id)?;
            let page = Registration::list(conn, &id, filter.state, filter.came, &paging)?;
            Ok(Page { items: attendees(conn, &id, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealRegistration {
    /// Why the whole number is needed; kept in the audit log
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    purpose: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegistrationRevealed {
    phone: String,
}

/// See the whole phone number of one who registered; logged with the purpose
#[utoipa::path(tag = "gatherings", operation_id = "reveal_registration", request_body = RevealRegistration, params(("id" = RegistrationId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = RegistrationRevealed), WriteErrors))]
#[post("/gatherings/registrations/{id}/reveals")]
pub(super) async fn reveal_registration(
    app: App,
    act: Act,
    id: web::Path<RegistrationId>,
    body: Json<RevealRegistration>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reveal: &RevealRegistration| {
        let found = Registration::held(tx.conn, tx.actor, &id)?;
        tx.subject("gathering_registration", &found.id);
        tx.detail(reveal.purpose.as_str());
        Ok(RegistrationRevealed { phone: found.phone })
    })
    .await
}
