//! What a person decides about, and the door through which WeChat fetches what it judges.
use actix_web::{HttpResponse, get, post, web};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::check::{Check, CheckCause, CheckId, CheckState, CheckSubject, ContentLabel};
use super::jobs::key_hash;
use crate::app::App;
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{Account, Act, Actor, Circumstances};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::StoredFile;
use crate::platform::input::Prose;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

/// How long WeChat may fetch a file: it may come back within half an hour.
const FETCHABLE: Duration = Duration::minutes(40);

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_content_checks).service(decide_content_check).service(show_checked_file);
}

/// What WeChat alone asks.
pub fn outside(config: &mut ServiceConfig) {
    config.service(fetch_media);
}

/// What was sent, why a person has to look, and what was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContentCheckView {
    pub id: CheckId,
    pub subject: CheckSubject,
    pub author_name: String,
    /// The words, when it is a text
    pub body: Option<String>,
    /// The file's name, when it is one
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    pub state: CheckState,
    pub cause: Option<CheckCause>,
    pub label: Option<ContentLabel>,
    /// Others do not see it now
    pub hidden: bool,
    pub sent_at: Time,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<Time>,
    pub note: Option<String>,
}

fn view(conn: &mut DbConn, check: Check) -> Result<ContentCheckView, AppError> {
    let file = check.file_id.as_ref().map(|id| StoredFile::find(conn, id)).transpose()?;
    let decided_by = check.decided_by.as_ref().map(|id| Account::find(conn, id)).transpose()?;
    Ok(ContentCheckView {
        hidden: check.is_hidden(),
        author_name: Account::find(conn, &check.author_id)?.name,
        id: check.id,
        subject: check.subject,
        body: check.body,
        media_type: file.as_ref().map(|file| file.media_type.clone()),
        file_name: file.map(|file| file.name),
        state: check.state,
        cause: check.cause,
        label: check.label,
        sent_at: check.created_at,
        decided_by_name: decided_by.map(|by| by.name),
        decided_at: check.decided_at,
        note: check.note,
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContentCheckFilter {
    /// Those to decide (the default), or those decided
    decided: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// What a person has to look at, newest first
#[utoipa::path(tag = "content-checks", operation_id = "list_content_checks", params(ContentCheckFilter), responses((status = 200, body = Page<ContentCheckView>), ReadErrors))]
#[get("/content-checks")]
pub(super) async fn list_content_checks(
    app: App,
    filter: web::Query<ContentCheckFilter>,
) -> Result<web::Json<Page<ContentCheckView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let states: &[CheckState] = if filter.decided == Some(true) {
        &[CheckState::Released, CheckState::Withheld]
    } else {
        &[CheckState::Open]
    };
    let page = app
        .read(move |conn| {
            let limit = paging.limit()?;
            let rows = Check::list(conn, states, paging.after_key()?, limit + 1)?;
            let page = Page::of(rows, limit, |check| vec![check.id.to_string()]);
            let items = page.items.into_iter().map(|check| view(conn, check)).collect::<Result<_, _>>()?;
            Ok(Page { items, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideContentCheck {
    /// Whether it may be shown
    release: bool,
    /// Why
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    note: Prose<300>,
}

/// Show it or hide it; the author is told when that changes what others see
#[utoipa::path(tag = "content-checks", operation_id = "decide_content_check", request_body = DecideContentCheck, params(("id" = CheckId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = ContentCheckView), WriteErrors))]
#[post("/content-checks/{id}/decisions")]
pub(super) async fn decide_content_check(
    app: App,
    act: Act,
    id: web::Path<CheckId>,
    body: Json<DecideContentCheck>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, decision: &DecideContentCheck| {
        tx.subject("content_check", &*id);
        tx.detail(if decision.release { "released" } else { "withheld" });
        let note = decision.note.as_str();
        let check = Check::decide(tx.conn, &id, decision.release, note, &tx.actor.id, tx.now)?;
        view(tx.conn, check)
    })
    .await
}

/// The bytes of a picture or a sound.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct CheckedBytes(Vec<u8>);

/// The picture or sound to decide about; that it was looked at is written down
#[utoipa::path(tag = "content-checks", operation_id = "show_checked_file", params(("id" = CheckId, Path)), responses((status = 200, body = CheckedBytes, content_type = "application/octet-stream"), ReadErrors))]
#[get("/content-checks/{id}/file")]
pub(super) async fn show_checked_file(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    id: web::Path<CheckId>,
) -> Result<HttpResponse, AppError> {
    let now = app.now();
    let file = app
        .db
        .write(move |conn| {
            let check = Check::find(conn, &id)?;
            if matches!(check.state, CheckState::Waiting | CheckState::Passed) {
                return Err(AppError::NotFound);
            }
            Entry {
                id: EntryId::fresh(),
                at: now,
                actor_id: Some(actor.id.to_string()),
                actor_name: Some(actor.name.clone()),
                operation: circumstances.operation.to_owned(),
                subject: Some(format!("content_check/{}", check.id)),
                outcome: Outcome::Done,
                request_id: circumstances.request_id.clone(),
                address: circumstances.address.clone(),
                detail: None,
            }
            .write(conn)?;
            StoredFile::find(conn, check.file_id.as_ref().ok_or(AppError::NotFound)?)
        })
        .await?;
    bytes_of(&app, file).await
}

async fn bytes_of(app: &App, file: StoredFile) -> Result<HttpResponse, AppError> {
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok().content_type(file.media_type).body(bytes))
}

/// WeChat fetches what it was asked to judge, by a key that it alone was given
#[utoipa::path(tag = "wechat", operation_id = "fetch_media", params(("id" = CheckId, Path), ("key" = String, Path, max_length = 64)), responses((status = 200, body = CheckedBytes, content_type = "application/octet-stream"), ReadErrors), security(()))]
#[get("/wechat/media/{id}/{key}")]
pub(super) async fn fetch_media(
    app: App,
    path: web::Path<(CheckId, String)>,
) -> Result<HttpResponse, AppError> {
    let (id, key) = path.into_inner();
    let (hash, now) = (key_hash(&app, &id, &key), app.now());
    let file = app
        .read(move |conn| {
            let check = Check::find(conn, &id)?;
            let fits = check.key_hash.as_ref() == Some(&hash)
                && check.state == CheckState::Waiting
                && now < check.asked_at.unwrap_or(now).plus(FETCHABLE);
            let file = check.file_id.filter(|_| fits).ok_or(AppError::NotFound)?;
            StoredFile::find(conn, &file)
        })
        .await?;
    bytes_of(&app, file).await
}
