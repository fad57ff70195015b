//! Saved views over HTTP.
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::imports::LibraryName;
use crate::libraries::saved_views::saved_view::{ListFilter, SavedView, SavedViewId};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::web::{Json, Nothing};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_saved_views)
        .service(keep_saved_view)
        .service(change_saved_view)
        .service(remove_saved_view);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViewView {
    id: SavedViewId,
    name: String,
    /// Absent when the list no longer filters so: nothing is left but to remove it
    filter: Option<ListFilter>,
    owner_name: String,
    /// The reader's own: others are seen and not changed
    own: bool,
    /// With the unit of its owner
    shared: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViews {
    /// One's own, then those of colleagues
    #[schema(max_items = 120)]
    items: Vec<SavedViewView>,
}

fn views_of(conn: &mut DbConn, actor: &Actor, library: LibraryName) -> Result<SavedViews, AppError> {
    let items = SavedView::seen(conn, actor, library)?.into_iter().map(|view| SavedViewView {
        filter: view.filter(),
        own: actor.is(&view.owner_id),
        shared: view.shared_unit_id.is_some(),
        id: view.id,
        name: view.name,
        owner_name: view.owner_name,
    });
    Ok(SavedViews { items: items.collect() })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SavedViewsOf {
    library: LibraryName,
}

/// One's own views of a library's list, and those that colleagues share
#[utoipa::path(tag = "saved_views", operation_id = "list_saved_views", params(SavedViewsOf), responses((status = 200, body = SavedViews), ReadErrors))]
#[get("/saved-views")]
pub(super) async fn list_saved_views(
    app: App,
    actor: Actor,
    of: web::Query<SavedViewsOf>,
) -> Result<web::Json<SavedViews>, AppError> {
    app.read(move |conn| views_of(conn, &actor, of.library)).await.map(web::Json)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepSavedView {
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    name: Line<20>,
    filter: ListFilter,
    /// With the own unit
    shared: bool,
}

/// Keep filters under a name; at most twenty of each library, no name twice
#[utoipa::path(tag = "saved_views", operation_id = "keep_saved_view", request_body = KeepSavedView, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SavedViews), WriteErrors))]
#[post("/saved-views")]
pub(super) async fn keep_saved_view(
    app: App,
    act: Act,
    body: Json<KeepSavedView>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &KeepSavedView| {
        wish.filter.judge()?;
        SavedView::keep(tx.conn, tx.actor, wish.name.as_str(), &wish.filter, wish.shared, tx.now)?;
        tx.subject("library", wish.filter.library());
        views_of(tx.conn, tx.actor, wish.filter.library())
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSavedView {
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    name: Line<20>,
    /// With the own unit
    shared: bool,
}

/// Give one's own view another name, share it or share it no more
#[utoipa::path(tag = "saved_views", operation_id = "change_saved_view", request_body = ChangeSavedView, params(("id" = SavedViewId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = SavedViews), WriteErrors))]
#[put("/saved-views/{id}")]
pub(super) async fn change_saved_view(
    app: App,
    act: Act,
    id: web::Path<SavedViewId>,
    body: Json<ChangeSavedView>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ChangeSavedView| {
        let view = SavedView::own(tx.conn, tx.actor, &id)?;
        tx.subject("saved_view", &view.id);
        view.rename(tx.conn, tx.actor, wish.name.as_str(), wish.shared)?;
        views_of(tx.conn, tx.actor, view.library)
    })
    .await
}

/// Remove one's own view
#[utoipa::path(tag = "saved_views", operation_id = "remove_saved_view", request_body = Nothing, params(("id" = SavedViewId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = SavedViews), WriteErrors))]
#[post("/saved-views/{id}/removals")]
pub(super) async fn remove_saved_view(
    app: App,
    act: Act,
    id: web::Path<SavedViewId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let view = SavedView::own(tx.conn, tx.actor, &id)?;
        tx.subject("saved_view", &view.id);
        view.remove(tx.conn)?;
        views_of(tx.conn, tx.actor, view.library)
    })
    .await
}
