//! Planning, publishing and showing gatherings.
use actix_web::{HttpResponse, get, post, put, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{GatheringDesk, GatheringPage, GatheringSummary, desk, desk_rows, page, summaries};
use crate::app::App;
use crate::deals::gatherings::events::{Written, tell_cancelled, tell_moved};
use crate::deals::gatherings::gathering::{self, Gathering, GatheringId, GatheringState, When};
use crate::deals::gatherings::plan::PlanGathering;
use crate::deals::gatherings::registration::{Registration, move_up};
use crate::error::{AppError, FORBIDDEN};
use crate::libraries::map::Site;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GatheringFilter {
    /// Those that are over or cancelled, latest first; otherwise those ahead, soonest first
    past: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Published gatherings, for everybody
#[utoipa::path(tag = "gatherings", operation_id = "list_gatherings", params(GatheringFilter), responses((status = 200, body = Page<GatheringSummary>), ReadErrors), security(()))]
#[get("/gatherings")]
pub(super) async fn list_gatherings(
    app: App,
    filter: web::Query<GatheringFilter>,
) -> Result<web::Json<Page<GatheringSummary>>, AppError> {
    let (now, filter) = (app.now(), filter.into_inner());
    let when = if filter.past == Some(true) { When::Past } else { When::Ahead };
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = Gathering::list(conn, when, now, &paging)?;
            Ok(Page { items: summaries(conn, &page.items, now)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// The page of a gathering, for everybody
#[utoipa::path(tag = "gatherings", operation_id = "find_gathering", params(("id" = GatheringId, Path)), responses((status = 200, body = GatheringPage), ReadErrors), security(()))]
#[get("/gatherings/{id}")]
pub(super) async fn find_gathering(
    app: App,
    id: web::Path<GatheringId>,
) -> Result<web::Json<GatheringPage>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let found = Gathering::public(conn, &id)?;
            page(conn, &found, now)
        })
        .await?;
    Ok(web::Json(view))
}

/// Gatherings of one's unit with drafts, newest first
#[utoipa::path(tag = "gatherings", operation_id = "list_gathering_desk", params(Paging), responses((status = 200, body = Page<GatheringSummary>), ReadErrors))]
#[get("/gatherings/desk")]
pub(super) async fn list_gathering_desk(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<GatheringSummary>>, AppError> {
    let now = app.now();
    let page = app
        .read(move |conn| {
            let page = Gathering::desk(conn, &actor, &paging)?;
            Ok(Page { items: desk_rows(conn, &page.items, now)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One gathering as the unit that holds it sees it
#[utoipa::path(tag = "gatherings", operation_id = "find_gathering_desk", params(("id" = GatheringId, Path)), responses((status = 200, body = GatheringDesk), ReadErrors))]
#[get("/gatherings/{id}/desk")]
pub(super) async fn find_gathering_desk(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
) -> Result<web::Json<GatheringDesk>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let found = Gathering::held(conn, &actor, &id)?;
            desk(conn, &actor, &found, now)
        })
        .await?;
    Ok(web::Json(view))
}

fn check(conn: &mut DbConn, plan: &PlanGathering, live_hosts: &[String]) -> Result<(), AppError> {
    plan.check(live_hosts)?;
    let ids = plan.site_ids();
    if Site::named(conn, ids.clone())?.len() == ids.len() {
        Ok(())
    } else {
        Err(AppError::field("releases", "input.choice"))
    }
}

fn shown(tx: &mut Tx<'_>, id: &GatheringId) -> Result<GatheringDesk, AppError> {
    tx.subject("gathering", id);
    let found = Gathering::find(tx.conn, id)?;
    desk(tx.conn, tx.actor, &found, tx.now)
}

/// Plan a gathering; nobody outside the unit sees it until a second person has published it
#[utoipa::path(tag = "gatherings", operation_id = "create_gathering", request_body = PlanGathering, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = GatheringDesk), WriteErrors))]
#[post("/gatherings")]
pub(super) async fn create_gathering(
    app: App,
    act: Act,
    body: Json<PlanGathering>,
) -> Result<HttpResponse, AppError> {
    let hosts = app.config.live_hosts.clone();
    act.create(&app, body, move |tx, plan: &PlanGathering| {
        check(tx.conn, plan, &hosts)?;
        let unit = tx.actor.unit_id.clone().ok_or(AppError::Forbidden(&FORBIDDEN))?;
        let demo = gathering::is_demo(tx.conn, &tx.actor.id)?;
        let made = Gathering::new(unit, plan, &tx.actor.id, tx.now, demo)?;
        made.insert(tx.conn)?;
        let event = Written::new(tx.conn, &made, tx.actor)?;
        tx.emit(&event)?;
        shown(tx, &made.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGathering {
    /// As it was read: a change by somebody else since then is refused
    #[schema(minimum = 1, maximum = 2147483646)]
    version: i32,
    plan: PlanGathering,
}

/// Write the plan anew, whole; of a published gathering a second person publishes the change
#[utoipa::path(tag = "gatherings", operation_id = "change_gathering", request_body = ChangeGathering, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = GatheringDesk), WriteErrors))]
#[put("/gatherings/{id}")]
pub(super) async fn change_gathering(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<ChangeGathering>,
) -> Result<HttpResponse, AppError> {
    let hosts = app.config.live_hosts.clone();
    act.change(&app, body, move |tx, wish: &ChangeGathering| {
        if !(1..i32::MAX).contains(&wish.version) {
            return Err(AppError::field("version", "input.range"));
        }
        check(tx.conn, &wish.plan, &hosts)?;
        let found = Gathering::held(tx.conn, tx.actor, &id)?;
        found.write(tx.conn, wish.version, &wish.plan, &tx.actor.id, tx.now)?;
        let event = Written::new(tx.conn, &found, tx.actor)?;
        tx.emit(&event)?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishGathering {
    /// As it was read: what was written since then is not published unseen
    #[schema(minimum = 1, maximum = 2147483646)]
    version: i32,
}

/// Publish what another person wrote; whoever registered is told when time or place changed
#[utoipa::path(tag = "gatherings", operation_id = "publish_gathering", request_body = PublishGathering, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = GatheringDesk), WriteErrors))]
#[post("/gatherings/{id}/publications")]
pub(super) async fn publish_gathering(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<PublishGathering>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PublishGathering| {
        if !(1..i32::MAX).contains(&wish.version) {
            return Err(AppError::field("version", "input.range"));
        }
        Gathering::held(tx.conn, tx.actor, &id)?;
        let before = Gathering::take(tx.conn, &id)?;
        let plan = before.publish(tx.conn, wish.version, &tx.actor.id, tx.now)?;
        if before.state == GatheringState::Published {
            if plan.moves(&before.plan()?) {
                let now = Gathering::find(tx.conn, &id)?;
                let readers = Registration::readers(tx.conn, &id)?;
                tell_moved(tx.conn, &now, &readers, tx.now)?;
            }
            move_up(tx.conn, &id, tx.now)?;
        }
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelGathering {
    /// Shown on the page and told to all who registered
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Cancel a gathering; all who registered are told why
#[utoipa::path(tag = "gatherings", operation_id = "cancel_gathering", request_body = CancelGathering, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = GatheringDesk), WriteErrors))]
#[post("/gatherings/{id}/cancellations")]
pub(super) async fn cancel_gathering(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<CancelGathering>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &CancelGathering| {
        Gathering::held(tx.conn, tx.actor, &id)?;
        let found = Gathering::take(tx.conn, &id)?;
        found.cancel(tx.conn, &tx.actor.id, wish.reason.as_str(), tx.now)?;
        tx.detail(wish.reason.as_str());
        let readers = Registration::readers(tx.conn, &id)?;
        tell_cancelled(tx.conn, &found, &readers, wish.reason.as_str(), tx.now)?;
        shown(tx, &id)
    })
    .await
}
