//! That the investor did not come: the host says so within a window after the start, and may take it back.
use actix_web::{HttpResponse, post, web};

use super::booking::{BookingView, Said, perform};
use crate::app::App;
use crate::deals::talks::BookingId;
use crate::deals::talks::rules::Deed;
use crate::error::AppError;
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::web::{Json, Nothing};

/// Say that the investor did not come; they are told
#[utoipa::path(tag = "talks", operation_id = "mark_no_show", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/no-shows")]
pub(super) async fn mark_no_show(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::MarkNoShow, |_| Said::default()).await
}

/// Take back that the investor did not come
#[utoipa::path(tag = "talks", operation_id = "undo_no_show", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/no-show-retractions")]
pub(super) async fn undo_no_show(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::UndoNoShow, |_| Said::default()).await
}
