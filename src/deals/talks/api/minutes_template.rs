//! A unit's template for minutes, over HTTP.
use actix_web::{HttpResponse, get, put, web};

use crate::app::App;
use crate::deals::talks::minutes_template::{MinutesTemplateView, SetMinutesTemplate};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Act;
use crate::people::units::Unit;
use crate::platform::input::within;
use crate::platform::web::Json;

const LONGEST_ID: usize = 40;

/// The headings that a unit's minutes begin with
#[utoipa::path(tag = "talks", operation_id = "find_minutes_template", params(("unit_id" = String, Path, max_length = 40)), responses((status = 200, body = MinutesTemplateView), ReadErrors))]
#[get("/talks/minutes-templates/{unit_id}")]
pub(super) async fn find_minutes_template(
    app: App,
    unit_id: web::Path<String>,
) -> Result<web::Json<MinutesTemplateView>, AppError> {
    within("unit_id", Some(&unit_id), LONGEST_ID)?;
    let view = app
        .read(move |conn| {
            Unit::find(conn, &unit_id)?.ok_or(AppError::NotFound)?;
            MinutesTemplateView::find(conn, &unit_id)
        })
        .await?;
    Ok(web::Json(view))
}

/// Set the headings of one's own unit
#[utoipa::path(tag = "talks", operation_id = "set_minutes_template", request_body = SetMinutesTemplate, params(("unit_id" = String, Path, max_length = 40), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesTemplateView), WriteErrors))]
#[put("/talks/minutes-templates/{unit_id}")]
pub(super) async fn set_minutes_template(
    app: App,
    act: Act,
    unit_id: web::Path<String>,
    body: Json<SetMinutesTemplate>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, set: &SetMinutesTemplate| {
        if !tx.actor.is_of(&unit_id) {
            return Err(AppError::NotFound);
        }
        set.keep(tx.conn, &unit_id, &tx.actor.id, tx.now)?;
        tx.subject("minutes_template", &*unit_id);
        MinutesTemplateView::find(tx.conn, &unit_id)
    })
    .await
}
