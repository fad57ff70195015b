//! A talk's meeting at a service outside, over HTTP: asked for, found, given up; and the service's webhooks.
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::room::at_open_table;
use crate::app::App;
use crate::deals::talks::booking::ONLOOKER;
use crate::deals::talks::conference::{
    self, Conference, ConferenceProvider, ConferenceReport, ConferenceState, NO_SERVICE,
};
use crate::deals::talks::{Booking, BookingId, Side};
use crate::error::{AppError, Code, MALFORMED};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::db::DbConn;
use crate::platform::input::within;
use crate::platform::outbox;
use crate::platform::tencent_meeting::{MINI_PROGRAM, WebhookError, WebhookKeys, WebhookSeal};
use crate::platform::web::{Json, Nothing, read_body};

const FORGED: Code = Code::new(
    "callback.not_genuine",
    "回调签名或密文不正确",
    "The callback is not signed or encrypted with the account's own keys",
);
/// What the service waits to read.
const RECEIVED: &str = "successfully received callback";
/// Events are small.
const LARGEST: usize = 256 << 10;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_conference).service(find_conference).service(end_conference);
}

/// Where the service sends its webhooks, outside the API.
pub fn outside(config: &mut ServiceConfig) {
    config.service(check_meeting_webhook).service(take_meeting_webhook);
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateConference {
    provider: ConferenceProvider,
}

/// A meeting at the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConferenceView {
    provider: ConferenceProvider,
    state: ConferenceState,
    /// To be typed into the service's own program
    meeting_code: Option<String>,
    /// Opens the meeting in a browser
    join_url: Option<String>,
    /// `appId` and `path` for `wx.navigateToMiniProgram`
    app_id: &'static str,
    path: Option<String>,
    /// Why the last attempt did not succeed
    failure: Option<String>,
    /// What the service reported; not what this platform saw
    reports: Vec<ConferenceReport>,
}

/// Whether this talk can be held at a service outside, and its meeting there.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConferenceOffer {
    /// A service is set up, and I may arrange a meeting
    may: bool,
    conference: Option<ConferenceView>,
}

fn view(conn: &mut DbConn, conference: Conference, side: Side) -> Result<ConferenceView, AppError> {
    let reports = conference.reports(conn, side == Side::Host)?;
    let open = conference.state == ConferenceState::Open;
    let code = conference.meeting_code.filter(|_| open);
    Ok(ConferenceView {
        provider: conference.provider,
        state: conference.state,
        path: code.as_ref().map(|code| format!("pages/index/index?chn=palm&code={code}")),
        meeting_code: code,
        join_url: conference.join_url.filter(|_| open),
        app_id: MINI_PROGRAM,
        failure: conference.failure,
        reports,
    })
}

fn offer(conn: &mut DbConn, app: &App, booking: &Booking, side: Side) -> Result<ConferenceOffer, AppError> {
    let conference = Conference::of(conn, &booking.id)?;
    let may = app.meetings.is_some() && side == Side::Host;
    let conference = conference.map(|conference| view(conn, conference, side)).transpose()?;
    Ok(ConferenceOffer { may, conference })
}

/// Hold this talk at a meeting service; it is made in a moment and follows the booking from then on
#[utoipa::path(tag = "talks", operation_id = "create_conference", request_body = CreateConference, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ConferenceOffer), WriteErrors))]
#[post("/talks/bookings/{id}/conferences")]
pub(super) async fn create_conference(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<CreateConference>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    let answer = act
        .create(&app, body, move |tx, body: &CreateConference| {
            let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
            if side != Side::Host {
                return Err(AppError::Forbidden(&ONLOOKER));
            }
            if house.meetings.is_none() {
                return Err(AppError::Unprocessable(&NO_SERVICE));
            }
            Conference::ask_for(tx.conn, &booking, body.provider, tx.now)?;
            tx.subject("talk", &booking.id);
            offer(tx.conn, &house, &booking, side)
        })
        .await?;
    // A worker need not wait for its clock.
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(answer)
}

/// Meet in the platform's own room after all: the meeting at the service is called off
#[utoipa::path(tag = "talks", operation_id = "end_conference", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ConferenceOffer), WriteErrors))]
#[post("/talks/bookings/{id}/conference-ends")]
pub(super) async fn end_conference(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    let answer = act
        .create(&app, body, move |tx, _: &Nothing| {
            let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
            if side != Side::Host {
                return Err(AppError::Forbidden(&ONLOOKER));
            }
            Conference::give_up(tx.conn, &booking.id, tx.now)?;
            tx.subject("talk", &booking.id);
            offer(tx.conn, &house, &booking, side)
        })
        .await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(answer)
}

/// This talk's meeting at a service outside, if any
#[utoipa::path(tag = "talks", operation_id = "find_conference", params(("id" = BookingId, Path)), responses((status = 200, body = ConferenceOffer), ReadErrors))]
#[get("/talks/bookings/{id}/conference")]
pub(super) async fn find_conference(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<ConferenceOffer>, AppError> {
    let house = app.clone();
    let offer = app
        .read(move |conn| {
            let (booking, side) = Booking::seen_by(conn, &actor, &id)?;
            if side == Side::None {
                return Err(AppError::Forbidden(&ONLOOKER));
            }
            offer(conn, &house, &booking, side)
        })
        .await?;
    Ok(web::Json(offer))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookCheck {
    /// What the check of the address wants to hear again, sealed
    #[param(max_length = 2000)]
    #[serde(default)]
    check_str: String,
}

fn keys(app: &App) -> Result<&WebhookKeys, AppError> {
    app.meeting_keys.as_ref().ok_or(AppError::NotFound)
}

fn seal(request: &HttpRequest) -> WebhookSeal {
    let text = |name| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    WebhookSeal { timestamp: text("timestamp"), nonce: text("nonce"), signature: text("signature") }
}

fn refused(e: WebhookError) -> AppError {
    tracing::warn!(error = %e, "a webhook was not taken");
    match e {
        WebhookError::Malformed => AppError::Malformed(&MALFORMED),
        WebhookError::Forged | WebhookError::Undecipherable => AppError::Forbidden(&FORGED),
    }
}

/// Tencent Meeting checks that this address is ours
#[utoipa::path(tag = "talks", operation_id = "check_meeting_webhook", params(WebhookCheck), responses((status = 200, content_type = "text/plain", body = String), ReadErrors), security(()))]
#[get("/callbacks/tencent-meeting")]
pub(super) async fn check_meeting_webhook(
    app: App,
    request: HttpRequest,
    query: web::Query<WebhookCheck>,
) -> Result<HttpResponse, AppError> {
    within("check_str", Some(&query.check_str), 2000)?;
    let plain = keys(&app)?.open(&seal(&request), &query.check_str).map_err(refused)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(plain))
}

/// An event as it is sent; the signature is over `data`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what is read as bytes")]
pub struct SealedWebhook {
    #[schema(min_length = 1, max_length = 250000)]
    data: String,
}

/// Tencent Meeting tells what happened in a meeting
#[utoipa::path(tag = "talks", operation_id = "take_meeting_webhook", request_body = SealedWebhook, responses((status = 200, content_type = "text/plain", body = String), WriteErrors), security(()))]
#[post("/callbacks/tencent-meeting")]
pub(super) async fn take_meeting_webhook(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    let keys = keys(&app)?;
    let body = read_body(payload.into_inner(), LARGEST).await?;
    let event = keys.event(&seal(&request), &body).map_err(refused)?;
    let now = app.now();
    app.db.write(move |conn| conference::hear(conn, &event, now)).await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(RECEIVED))
}
