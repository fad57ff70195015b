//! Minutes of a talk: written, read, published.
use actix_web::{HttpResponse, get, post, put, web};

use crate::app::App;
use crate::deals::talks::events::{MinutesPublished, TalkFacts};
use crate::deals::talks::minutes::{self, MinutesState, MinutesView, SetMinutes};
use crate::deals::talks::rules::{Deed, Side};
use crate::deals::talks::{Booking, BookingId};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::web::{Json, Nothing};

/// Write the minutes, or write them anew; the host's side, until they are published
#[utoipa::path(tag = "talks", operation_id = "set_minutes", request_body = SetMinutes, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[put("/talks/bookings/{id}/minutes")]
pub(super) async fn set_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<SetMinutes>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &SetMinutes| {
        let booking = minuted(tx, &id)?.0;
        new.keep(tx.conn, &booking.id, tx.actor, tx.now)
    })
    .await
}

fn minuted(tx: &mut Tx<'_>, id: &BookingId) -> Result<(Booking, Side), AppError> {
    let (booking, side) = Booking::seen_by(tx.conn, tx.actor, id)?;
    booking.judge(side, Deed::Minutes, tx.now)?;
    tx.subject("talk", &booking.id);
    Ok((booking, side))
}

/// The minutes; a draft is seen by the host's side alone
#[utoipa::path(tag = "talks", operation_id = "find_minutes", params(("id" = BookingId, Path)), responses((status = 200, body = MinutesView), ReadErrors))]
#[get("/talks/bookings/{id}/minutes")]
pub(super) async fn find_minutes(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<MinutesView>, AppError> {
    let view = app
        .read(move |conn| {
            let (booking, side) = Booking::seen_by(conn, &actor, &id)?;
            let view = minutes::find(conn, &booking.id)?;
            let open = view.state == MinutesState::Published || side == Side::Host;
            if open { Ok(view) } else { Err(AppError::NotFound) }
        })
        .await?;
    Ok(web::Json(view))
}

/// Publish the minutes; from then on they stand
#[utoipa::path(tag = "talks", operation_id = "publish_minutes", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-publications")]
pub(super) async fn publish_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let (booking, side) = minuted(tx, &id)?;
        let view = minutes::publish(tx.conn, &booking.id, tx.now)?;
        tx.emit(&MinutesPublished { talk: TalkFacts::of(&booking, tx.actor, side) })?;
        Ok(view)
    })
    .await
}
