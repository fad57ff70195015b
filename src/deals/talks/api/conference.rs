//! A talk's meeting at a service outside, over HTTP: asked for, found, entered, given up.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::room::at_open_table;
use crate::app::App;
use crate::deals::talks::booking::{NOT_NOW, ONLOOKER};
use crate::deals::talks::conference::{
    Conference, ConferenceProvider, ConferenceReport, ConferenceState, NO_CONFERENCE, NO_SERVICE,
};
use crate::deals::talks::guest::holds_until;
use crate::deals::talks::service::Service;
use crate::deals::talks::{Booking, BookingId, Side};
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::livekit::Seat;
use crate::platform::outbox;
use crate::platform::tencent_meeting::MINI_PROGRAM;
use crate::platform::trtc::Privileges;
use crate::platform::web::{Json, Nothing};

const NO_PASS: Code = Code::new(
    "talk.conference_has_link",
    "这次会议凭会议号或链接进入，请在洽谈详情中查看",
    "This meeting is entered by its number or link, which the talk's page shows",
);

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_conference)
        .service(find_conference)
        .service(create_conference_pass)
        .service(end_conference);
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
    /// To be typed into the service's own program; a service that lets in each person by a pass of theirs has none
    meeting_code: Option<String>,
    /// Opens the meeting in a browser
    join_url: Option<String>,
    /// `appId` and `path` for `wx.navigateToMiniProgram`
    app_id: Option<&'static str>,
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
    /// The services that are set up
    providers: Vec<ConferenceProvider>,
    conference: Option<ConferenceView>,
}

fn view(conn: &mut DbConn, conference: Conference, side: Side) -> Result<ConferenceView, AppError> {
    let reports = conference.reports(conn, side == Side::Host)?;
    let open = conference.state == ConferenceState::Open;
    let code = conference.meeting_code.filter(|_| open);
    let app_id = (conference.provider == ConferenceProvider::TencentMeeting).then_some(MINI_PROGRAM);
    Ok(ConferenceView {
        provider: conference.provider,
        state: conference.state,
        path: code.as_ref().map(|code| format!("pages/index/index?chn=palm&code={code}")),
        meeting_code: code,
        join_url: conference.join_url.filter(|_| open),
        app_id,
        failure: conference.failure,
        reports,
    })
}

fn offer(conn: &mut DbConn, app: &App, booking: &Booking, side: Side) -> Result<ConferenceOffer, AppError> {
    let conference = Conference::of(conn, &booking.id)?;
    let providers = Service::offered(app);
    let may = !providers.is_empty() && side == Side::Host;
    let conference = conference.map(|conference| view(conn, conference, side)).transpose()?;
    Ok(ConferenceOffer { may, providers, conference })
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
            if Service::of(&house, body.provider).is_none() {
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

/// What a browser's meeting program connects with.
#[derive(Debug, Serialize, ToSchema)]
pub struct MediaServerPass {
    /// `wss://…`
    url: String,
    token: String,
    /// The meeting page with both
    page_url: String,
}

/// What the mini-program's TRTC component connects with.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrtcParameters {
    sdk_app_id: u32,
    user_id: String,
    /// `strroomid`
    room: String,
    user_sig: String,
    private_map_key: String,
}

/// The way into a meeting, for whoever asked and for some minutes: one of the two, by the meeting's service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConferencePass {
    /// Whoever is inside by then stays
    expires_at: Time,
    livekit: Option<MediaServerPass>,
    trtc: Option<TrtcParameters>,
}

/// The way in for one person, as long as the talk's guests may come. Hosts moderate, both sides speak, guests listen.
pub(super) fn pass(
    app: &App,
    conn: &mut DbConn,
    booking: &Booking,
    (id, name, side): (&str, &str, Side),
    now: Time,
) -> Result<ConferencePass, AppError> {
    if now >= holds_until(booking) {
        return Err(AppError::Conflict(&NOT_NOW));
    }
    let open = Conference::of(conn, &booking.id)?.filter(|one| one.state == ConferenceState::Open);
    let there = open.and_then(|one| Some((one.provider, one.meeting_id?)));
    let (provider, room) = there.ok_or(AppError::Conflict(&NO_CONFERENCE))?;
    match Service::of(app, provider).ok_or(AppError::Unprocessable(&NO_SERVICE))? {
        Service::TencentMeeting(_) => Err(AppError::Conflict(&NO_PASS)),
        Service::LiveKit(server) => {
            let seat = match side {
                Side::Host => Seat::Host,
                Side::Investor => Seat::Speaker,
                Side::Guest | Side::None => Seat::Listener,
            };
            let pass = server.pass(&room, (id, name), seat, now).map_err(AppError::internal)?;
            let (url, token, page_url) = (pass.url, pass.token, pass.page_url);
            let livekit = Some(MediaServerPass { url, token, page_url });
            Ok(ConferencePass { expires_at: pass.expires_at, livekit, trtc: None })
        }
        Service::Trtc(service) => {
            let may = match side {
                // Whoever is first opens the room.
                Side::Host | Side::Investor => Privileges::ALL,
                Side::Guest | Side::None => Privileges::LISTEN,
            };
            let way = service.entrance(&room, id, may, now).map_err(AppError::internal)?;
            let trtc = Some(TrtcParameters {
                sdk_app_id: way.app_id,
                user_id: way.user_id,
                room,
                user_sig: way.user_sig,
                private_map_key: way.private_map_key,
            });
            Ok(ConferencePass { expires_at: way.expires_at, livekit: None, trtc })
        }
    }
}

/// My own way into this talk's meeting, for some minutes; nobody else can use it beside me
#[utoipa::path(tag = "talks", operation_id = "create_conference_pass", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ConferencePass), WriteErrors))]
#[post("/talks/bookings/{id}/conference-passes")]
pub(super) async fn create_conference_pass(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
        tx.subject("talk", &booking.id);
        let who = (tx.actor.id.as_str(), tx.actor.name.as_str(), side);
        pass(&house, tx.conn, &booking, who, tx.now)
    })
    .await
}
