//! Minutes of a talk: written, sent, answered, read, compared, printed.
use actix_web::{HttpResponse, get, http::header, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::talks::events::{
    MinutesChangeAsked, MinutesConfirmed, MinutesPublished, MinutesRecalled, MinutesSent, TalkFacts,
};
use crate::deals::talks::minutes::{
    self, MinutesAct, MinutesChange, MinutesLine, MinutesVersion, MinutesView, SetMinutes,
};
use crate::deals::talks::minutes_paper::MinutesPaper;
use crate::deals::talks::rules::{Deed, Side};
use crate::deals::talks::{Booking, BookingId};
use crate::error::AppError;
use crate::libraries::map::PdfBytes;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::people::content_checks::judge;
use crate::platform::input::Prose;
use crate::platform::web::Json;

/// Write the draft, or write it anew, or begin the next version; the host's side
#[utoipa::path(tag = "talks", operation_id = "set_minutes", request_body = SetMinutes, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[put("/talks/bookings/{id}/minutes")]
pub(super) async fn set_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<SetMinutes>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &SetMinutes| {
        let (booking, side) = minuted(tx, &id, Deed::Minutes)?;
        new.keep(tx.conn, &booking, tx.actor, tx.now)?;
        minutes::find(tx.conn, &booking, side, None, tx.now)
    })
    .await
}

/// The talk and one's side of it, when that side has a part in its minutes: the host's by `Deed::Minutes`,
/// the investor's as whoever may enter.
fn minuted(tx: &mut Tx<'_>, id: &BookingId, deed: Deed) -> Result<(Booking, Side), AppError> {
    let (booking, side) = Booking::seen_by(tx.conn, tx.actor, id)?;
    booking.judge(side, deed, tx.now)?;
    tx.subject("talk", &booking.id);
    Ok((booking, side))
}

/// The newest version, taken for an act on it, and what is told of the act: by the host's side to the investor, by the
/// investor to all who receive.
struct Taken {
    booking: Booking,
    side: Side,
    version: MinutesVersion,
    talk: TalkFacts,
}

impl Taken {
    fn of(tx: &mut Tx<'_>, id: &BookingId, number: i32, act: MinutesAct) -> Result<Self, AppError> {
        let deed = if matches!(act, MinutesAct::Confirm | MinutesAct::AskChange) {
            Deed::Enter
        } else {
            Deed::Minutes
        };
        let (booking, side) = minuted(tx, id, deed)?;
        let version = MinutesVersion::take(tx.conn, &booking.id, side, number, act, tx.now)?;
        let talk = TalkFacts::of(&booking, tx.actor, side).because(None);
        let talk = if side == Side::Investor { talk.received_by(&booking.hosts(tx.conn)?) } else { talk };
        Ok(Self { booking, side, version, talk })
    }

    fn view(&self, tx: &mut Tx<'_>) -> Result<MinutesView, AppError> {
        minutes::find(tx.conn, &self.booking, self.side, None, tx.now)
    }
}

/// The newest version and the list of all; a draft is seen by the host's side alone
#[utoipa::path(tag = "talks", operation_id = "find_minutes", params(("id" = BookingId, Path)), responses((status = 200, body = MinutesView), ReadErrors))]
#[get("/talks/bookings/{id}/minutes")]
pub(super) async fn find_minutes(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<MinutesView>, AppError> {
    read(&app, actor, id.into_inner(), None).await
}

/// One version of the minutes, also one that was answered or taken back
#[utoipa::path(tag = "talks", operation_id = "find_minutes_version", params(("id" = BookingId, Path), ("number" = i32, Path, minimum = 1)), responses((status = 200, body = MinutesView), ReadErrors))]
#[get("/talks/bookings/{id}/minutes-versions/{number}")]
pub(super) async fn find_minutes_version(
    app: App,
    actor: Actor,
    path: web::Path<(BookingId, i32)>,
) -> Result<web::Json<MinutesView>, AppError> {
    let (id, number) = path.into_inner();
    read(&app, actor, id, Some(number)).await
}

async fn read(
    app: &App,
    actor: Actor,
    id: BookingId,
    number: Option<i32>,
) -> Result<web::Json<MinutesView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let (booking, side) = Booking::seen_by(conn, &actor, &id)?;
            minutes::find(conn, &booking, side, number, now)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MinutesFrom {
    /// Number of the version to compare with; the one before when left out
    #[param(minimum = 1)]
    from: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesComparison {
    from: Option<MinutesLine>,
    to: MinutesLine,
    changes: Vec<MinutesChange>,
}

/// What differs between two versions, passage by passage
#[utoipa::path(tag = "talks", operation_id = "compare_minutes", params(("id" = BookingId, Path), ("number" = i32, Path, minimum = 1), MinutesFrom), responses((status = 200, body = MinutesComparison), ReadErrors))]
#[get("/talks/bookings/{id}/minutes-versions/{number}/differences")]
pub(super) async fn compare_minutes(
    app: App,
    actor: Actor,
    path: web::Path<(BookingId, i32)>,
    filter: web::Query<MinutesFrom>,
) -> Result<web::Json<MinutesComparison>, AppError> {
    let (id, number) = path.into_inner();
    let found = app
        .read(move |conn| {
            let (booking, side) = Booking::seen_by(conn, &actor, &id)?;
            let all = MinutesVersion::seen(conn, &booking.id, side)?;
            let to = all.iter().find(|v| v.number == number).ok_or(AppError::NotFound)?;
            let from = match filter.from {
                Some(from) => Some(all.iter().find(|v| v.number == from).ok_or(AppError::NotFound)?),
                None => all.iter().find(|v| v.number < number),
            };
            Ok(MinutesComparison {
                changes: to.changes_since(from)?,
                from: from.map(MinutesLine::from),
                to: MinutesLine::from(to),
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// The draft as it was read.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMinutes {
    number: i32,
    revision: i32,
}

/// Send the draft to the investor, which confirms it for the host's side; its text stands from then on
#[utoipa::path(tag = "talks", operation_id = "send_minutes", request_body = SendMinutes, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-sendings")]
pub(super) async fn send_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<SendMinutes>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, read: &SendMinutes| {
        let taken = Taken::of(tx, &id, read.number, MinutesAct::Send)?;
        taken.version.send(tx.conn, read.revision, tx.actor, tx.now)?;
        tx.emit(&MinutesSent { talk: taken.talk.clone() })?;
        taken.view(tx)
    })
    .await
}

/// The version that was read: it may have been replaced since.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneMinutesVersion {
    number: i32,
}

/// Take a version back before it is answered; the host's side
#[utoipa::path(tag = "talks", operation_id = "recall_minutes", request_body = OneMinutesVersion, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-recalls")]
pub(super) async fn recall_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneMinutesVersion>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, read: &OneMinutesVersion| {
        let taken = Taken::of(tx, &id, read.number, MinutesAct::Recall)?;
        taken.version.recall(tx.conn, tx.now)?;
        tx.emit(&MinutesRecalled { talk: taken.talk.clone() })?;
        taken.view(tx)
    })
    .await
}

/// Confirm a version as the investor: it stands from then on
#[utoipa::path(tag = "talks", operation_id = "confirm_minutes", request_body = OneMinutesVersion, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-confirmations")]
pub(super) async fn confirm_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneMinutesVersion>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, read: &OneMinutesVersion| {
        let taken = Taken::of(tx, &id, read.number, MinutesAct::Confirm)?;
        taken.version.confirm(tx.conn, &taken.booking, tx.actor, tx.now)?;
        tx.emit(&MinutesConfirmed { talk: taken.talk.clone() })?;
        taken.view(tx)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskMinutesChange {
    /// Of the version that was read
    number: i32,
    /// What should be worded otherwise
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    words: Prose<1000>,
}

/// Ask for another wording as the investor; the host's side writes the next version
#[utoipa::path(tag = "talks", operation_id = "ask_minutes_change", request_body = AskMinutesChange, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-changes")]
pub(super) async fn ask_minutes_change(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<AskMinutesChange>,
) -> Result<HttpResponse, AppError> {
    judge(&app, &act.actor.id, body.value.words.as_str()).await?;
    act.change(&app, body, move |tx, asked: &AskMinutesChange| {
        let taken = Taken::of(tx, &id, asked.number, MinutesAct::AskChange)?;
        let words = asked.words.as_str();
        taken.version.ask_change(tx.conn, words, tx.now)?;
        tx.emit(&MinutesChangeAsked { talk: taken.talk.clone().because(Some(words)) })?;
        taken.view(tx)
    })
    .await
}

/// Publish what the investor has not answered in the days that they had; it stands, and says so
#[utoipa::path(tag = "talks", operation_id = "publish_minutes", request_body = OneMinutesVersion, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-publications")]
pub(super) async fn publish_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneMinutesVersion>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, read: &OneMinutesVersion| {
        let taken = Taken::of(tx, &id, read.number, MinutesAct::Publish)?;
        taken.version.publish(tx.conn, &taken.booking, tx.now)?;
        tx.emit(&MinutesPublished { talk: taken.talk.clone() })?;
        taken.view(tx)
    })
    .await
}

/// The minutes that stand on paper (PDF), labelled in both languages, with both sides' confirmations
#[utoipa::path(tag = "talks", operation_id = "print_minutes", params(("id" = BookingId, Path)), responses((status = 200, body = PdfBytes, content_type = "application/pdf"), ReadErrors))]
#[get("/talks/bookings/{id}/minutes/paper")]
pub(super) async fn print_minutes(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<HttpResponse, AppError> {
    let paper = app
        .read(move |conn| {
            let (booking, _) = Booking::seen_by(conn, &actor, &id)?;
            MinutesPaper::of(conn, &booking)
        })
        .await?;
    let engine = app.paper.engine()?;
    let pdf = app.paper.work(move || paper.set(&engine)).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"minutes.pdf\""))
        .body(pdf))
}
