//! Follow-ups as tasks: one's own over all talks, ended by the side that answers for them.
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::talks::events::{TalkFacts, TalkFollowUpDone, TalkFollowUpDropped};
use crate::deals::talks::follow_up::{FollowUp, FollowUpId, FollowUpState, FollowUpTask, FollowUpView};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::input::Line;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FollowUpFilter {
    /// Open ones when left out
    state: Option<FollowUpState>,
    /// Of an official: also what colleagues of the unit are to do
    of_unit: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// My tasks over all talks: open ones by their day, ended ones the latest day first
#[utoipa::path(tag = "talks", operation_id = "list_follow_ups", params(FollowUpFilter), responses((status = 200, body = Page<FollowUpTask>), ReadErrors))]
#[get("/talks/follow-ups")]
pub(super) async fn list_follow_ups(
    app: App,
    actor: Actor,
    filter: web::Query<FollowUpFilter>,
) -> Result<web::Json<Page<FollowUpTask>>, AppError> {
    let (now, filter) = (app.now(), filter.into_inner());
    let paging = Paging::new(filter.limit, filter.cursor);
    let (state, of_unit) = (filter.state.unwrap_or(FollowUpState::Open), filter.of_unit.unwrap_or(false));
    let page = app.read(move |conn| FollowUp::list(conn, &actor, state, of_unit, &paging, now)).await?;
    Ok(web::Json(page))
}

/// Say that a follow-up is done; the side that answers for it
#[utoipa::path(tag = "talks", operation_id = "finish_follow_up", request_body = Nothing, params(("id" = FollowUpId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = FollowUpView), WriteErrors))]
#[post("/talks/follow-ups/{id}/completions")]
pub(super) async fn finish_follow_up(
    app: App,
    act: Act,
    id: web::Path<FollowUpId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| end(tx, &id, None)).await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropFollowUp {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Give a follow-up up, with the reason; the side that answers for it
#[utoipa::path(tag = "talks", operation_id = "drop_follow_up", request_body = DropFollowUp, params(("id" = FollowUpId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = FollowUpView), WriteErrors))]
#[post("/talks/follow-ups/{id}/drops")]
pub(super) async fn drop_follow_up(
    app: App,
    act: Act,
    id: web::Path<FollowUpId>,
    body: Json<DropFollowUp>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &DropFollowUp| end(tx, &id, Some(wish.reason.as_str()))).await
}

fn end(tx: &mut Tx<'_>, id: &FollowUpId, reason: Option<&str>) -> Result<FollowUpView, AppError> {
    let (task, booking, side) = FollowUp::seen_by(tx.conn, tx.actor, id)?;
    let ended = task.end(tx.conn, (tx.actor, side), reason, tx.now)?;
    tx.subject("talk_follow_up", id);
    let hosts = booking.hosts(tx.conn)?;
    let words = [Some(task.text.as_str()), reason].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let talk = TalkFacts::of(&booking, tx.actor, side).received_by(&hosts).because(Some(&words));
    match reason {
        Some(_) => tx.emit(&TalkFollowUpDropped { talk })?,
        None => tx.emit(&TalkFollowUpDone { talk })?,
    }
    Ok(ended.view(side, tx.now))
}
