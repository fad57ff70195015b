//! What the meeting services tell, over HTTP and outside the API: believed when it is signed with our keys.
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::talks::conference::{self, ConferenceProvider};
use crate::error::{AppError, MALFORMED, NOT_GENUINE};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::platform::callback::{WebhookError, WebhookEvent};
use crate::platform::input::within;
use crate::platform::outbox;
use crate::platform::tencent_meeting::{WebhookKeys, WebhookSeal};
use crate::platform::web::read_body;

/// What Tencent Meeting waits to read.
const RECEIVED: &str = "successfully received callback";
/// Events are small.
const LARGEST: usize = 256 << 10;

pub fn outside(config: &mut ServiceConfig) {
    config
        .service(check_meeting_webhook)
        .service(take_meeting_webhook)
        .service(take_livekit_webhook)
        .service(take_trtc_callback);
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

fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn seal(request: &HttpRequest) -> WebhookSeal {
    let text = |name| header(request, name).to_owned();
    WebhookSeal { timestamp: text("timestamp"), nonce: text("nonce"), signature: text("signature") }
}

fn refused(e: WebhookError) -> AppError {
    tracing::warn!(error = %e, "a webhook was not taken");
    match e {
        WebhookError::Malformed => AppError::Malformed(&MALFORMED),
        WebhookError::Forged | WebhookError::Undecipherable => AppError::Forbidden(&NOT_GENUINE),
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
    hear(&app, ConferenceProvider::TencentMeeting, event).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(RECEIVED))
}

/// Keeps what was said; a worker need not wait for its clock.
async fn hear(app: &App, provider: ConferenceProvider, event: WebhookEvent) -> Result<(), AppError> {
    let now = app.now();
    app.db.write(move |conn| conference::hear(conn, provider, &event, now)).await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(())
}

/// An event as LiveKit sends it; the token in `Authorization` is over the bytes themselves.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what is read as bytes")]
pub struct MediaServerEvent {
    #[schema(min_length = 1, max_length = 100)]
    id: String,
    /// Such as `participant_joined`
    #[schema(min_length = 1, max_length = 100)]
    event: String,
}

/// LiveKit tells what happened in a room
#[utoipa::path(tag = "talks", operation_id = "take_livekit_webhook", request_body(content = MediaServerEvent, content_type = "application/webhook+json"), responses((status = 204, description = "Taken"), WriteErrors), security(()))]
#[post("/callbacks/livekit")]
pub(super) async fn take_livekit_webhook(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    let Some(server) = &app.livekit else { return Err(AppError::NotFound) };
    let body = read_body(payload.into_inner(), LARGEST).await?;
    let event = server.event(header(&request, "Authorization"), &body, app.now()).map_err(refused)?;
    hear(&app, ConferenceProvider::LiveKit, event).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An event as TRTC sends it; its signature is over the bytes themselves.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what is read as bytes")]
#[schema(rename_all = "PascalCase")]
pub struct TrtcEvent {
    event_group_id: i32,
    event_type: i32,
}

/// TRTC tells who entered a room and who left
#[utoipa::path(tag = "talks", operation_id = "take_trtc_callback", request_body = TrtcEvent, params(("Sign" = String, Header, min_length = 1, max_length = 100), ("SdkAppId" = String, Header, min_length = 1, max_length = 20)), responses((status = 204, description = "Taken"), WriteErrors), security(()))]
#[post("/callbacks/trtc")]
pub(super) async fn take_trtc_callback(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    let service = app.trtc.as_ref().filter(|service| service.callback_key.is_some());
    let Some(service) = service else { return Err(AppError::NotFound) };
    let body = read_body(payload.into_inner(), LARGEST).await?;
    let (app_id, sign) = (header(&request, "SdkAppId"), header(&request, "Sign"));
    let event = service.event(app_id, sign, &body).map_err(refused)?;
    hear(&app, ConferenceProvider::Trtc, event).await?;
    Ok(HttpResponse::NoContent().finish())
}
