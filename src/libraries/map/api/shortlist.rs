//! One's shortlist, over HTTP.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{AppError, REFERENCE};
use crate::libraries::map::api::{SiteSummary, site_id};
use crate::libraries::map::shortlist::{self, Entry, NOTE};
use crate::libraries::map::site::Site;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::geo::Datum;
use crate::platform::input::{Line, Prose};
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct ShortlistEntry {
    site_id: String,
    /// Empty for none
    note: String,
    kept_at: Time,
    /// Absent when it is no longer on the map
    site: Option<SiteSummary>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ShortlistView {
    items: Vec<ShortlistEntry>,
    /// Of every longitude and latitude in this answer
    datum: Datum,
}

fn view(conn: &mut DbConn, account: &AccountId, today: NaiveDate) -> Result<ShortlistView, AppError> {
    let entries = shortlist::of(conn, account)?;
    let named = Site::named(conn, entries.iter().map(|entry| entry.site_id.clone()).collect())?;
    let items = entries
        .into_iter()
        .map(|entry| {
            let site = named.iter().find(|(site, _, _)| site.id == entry.site_id);
            Ok(ShortlistEntry {
                site: site.map(|named| SiteSummary::new(named, Datum::Gcj02, today)).transpose()?,
                site_id: entry.site_id,
                note: entry.note,
                kept_at: entry.kept_at,
            })
        })
        .collect::<Result<_, AppError>>()?;
    Ok(ShortlistView { items, datum: Datum::Gcj02 })
}

/// The sites that one keeps, newest first
#[utoipa::path(tag = "map", operation_id = "list_shortlist", responses((status = 200, body = ShortlistView), ReadErrors))]
#[get("/map/shortlist")]
pub(super) async fn list_shortlist(app: App, actor: Actor) -> Result<web::Json<ShortlistView>, AppError> {
    let today = app.now().day();
    Ok(web::Json(app.read(move |conn| view(conn, &actor.id, today)).await?))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepSite {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Prose<NOTE>>,
}

/// Keep a site, or write its note anew
#[utoipa::path(tag = "map", operation_id = "keep_in_shortlist", request_body = KeepSite, params(("id" = String, Path, max_length = 40), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ShortlistView), WriteErrors))]
#[put("/map/shortlist/{id}")]
pub(super) async fn keep_in_shortlist(
    app: App,
    act: Act,
    id: web::Path<String>,
    body: Json<KeepSite>,
) -> Result<HttpResponse, AppError> {
    let id = site_id(id.into_inner())?;
    act.change(&app, body, move |tx, wish: &KeepSite| {
        Site::find(tx.conn, &id)?.ok_or(AppError::Unprocessable(&REFERENCE))?;
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default();
        let entry = Entry { account_id: tx.actor.id.clone(), site_id: id.clone(), note, kept_at: tx.now };
        shortlist::keep(tx.conn, &entry)?;
        tx.subject("site", &id);
        view(tx.conn, &tx.actor.id, tx.now.day())
    })
    .await
}

/// Take a site off one's shortlist
#[utoipa::path(tag = "map", operation_id = "drop_from_shortlist", params(("id" = String, Path, max_length = 40), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 204), WriteErrors))]
#[delete("/map/shortlist/{id}")]
pub(super) async fn drop_from_shortlist(
    app: App,
    act: Act,
    id: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let id = site_id(id.into_inner())?;
    act.perform(&app, StatusCode::NO_CONTENT, "", move |tx| {
        tx.subject("site", &id);
        shortlist::drop(tx.conn, &tx.actor.id, &id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroughtEntry {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    site_id: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Prose<NOTE>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeShortlist {
    #[schema(max_items = 50)]
    items: Vec<BroughtEntry>,
}

/// Bring what was kept on the phone before signing in; nothing that is held is lost
#[utoipa::path(tag = "map", operation_id = "merge_shortlist", request_body = MergeShortlist, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ShortlistView), WriteErrors))]
#[post("/map/shortlist/merges")]
pub(super) async fn merge_shortlist(
    app: App,
    act: Act,
    body: Json<MergeShortlist>,
) -> Result<HttpResponse, AppError> {
    if body.value.items.len() > shortlist::MOST {
        return Err(AppError::field("items", "input.too_long"));
    }
    act.change(&app, body, |tx, wish: &MergeShortlist| {
        let held = shortlist::of(tx.conn, &tx.actor.id)?;
        let ids = wish.items.iter().map(|item| item.site_id.as_str().to_owned()).collect();
        let known = Site::named(tx.conn, ids)?;
        for item in &wish.items {
            let id = item.site_id.as_str();
            // A site that left the map meanwhile must not stop the others.
            if !known.iter().any(|(site, _, _)| site.id == id) {
                continue;
            }
            let before = held.iter().find(|entry| entry.site_id == id);
            let brought = item.note.as_ref().map(Prose::as_str).unwrap_or_default();
            let note = shortlist::merged(before.map_or("", |entry| &entry.note), brought);
            let kept_at = before.map_or(tx.now, |entry| entry.kept_at);
            let entry = Entry { account_id: tx.actor.id.clone(), site_id: id.to_owned(), note, kept_at };
            shortlist::keep(tx.conn, &entry)?;
        }
        view(tx.conn, &tx.actor.id, tx.now.day())
    })
    .await
}
