//! An honest local stand-in for WeChat and Tencent Cloud SMS: the same wire format, the same refusals, no network.
//!
//! It shares no code with the client, so that the two cannot share one mistake. It listens on this machine
//! only, every answer carries `X-Standin: 1`, and its page says what it is.
#![allow(clippy::disallowed_methods, reason = "a program of its own: the house's doors are in the library")]

mod ess;
mod face;
mod faults;
mod livekit;
mod mail;
mod meeting;
mod page;
mod pen;
mod picture;
mod push;
mod sealing;
mod sms;
mod trtc;
mod tsa;
mod wechat;

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::dev::Extensions;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Resource, web};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use ess::{Ess, Hindrance};
use faults::{Faults, Kind, Switch};
use livekit::Livekit;
use meeting::Meetings;
use pen::Pen;
use sms::{Signer, Sms};
use tsa::Tsa;
use wechat::Wechat;

const KEPT_RECORDS: usize = 1_000;
const HANG: Duration = Duration::from_secs(60);
const HUGE: usize = 5 << 20;

/// The local stand-in for WeChat and Tencent Cloud SMS (本地替身): nothing leaves this machine.
#[derive(Parser)]
#[command(name = "palm-standins", version)]
struct Args {
    /// An address of this machine only; port 0 takes any free one.
    #[arg(long, env = "PALM_STANDINS_BIND", default_value = "127.0.0.1:8089")]
    bind: SocketAddr,
    #[arg(long, env = "PALM_STANDINS_APPID", default_value = "wxstandin00000001")]
    appid: String,
    #[arg(long, env = "PALM_STANDINS_SECRET", default_value = "standin-secret", hide_env_values = true)]
    secret: String,
    #[arg(long, env = "PALM_STANDINS_SMS_SECRET_ID", default_value = "standin-sms-id")]
    sms_secret_id: String,
    #[arg(
        long,
        env = "PALM_STANDINS_SMS_SECRET_KEY",
        default_value = "standin-sms-key",
        hide_env_values = true
    )]
    sms_secret_key: String,
    #[arg(long, env = "PALM_STANDINS_SMS_APP_ID", default_value = "1400000000")]
    sms_app_id: String,
    /// Where WeChat's pushes go, such as `http://127.0.0.1:8080/wechat/push`; on this machine only
    #[arg(long, env = "PALM_STANDINS_PUSH_URL", requires = "push_token")]
    push_url: Option<String>,
    #[arg(long, env = "PALM_STANDINS_PUSH_TOKEN", hide_env_values = true)]
    push_token: Option<String>,
    /// Without it pushes are plain
    #[arg(long, env = "PALM_STANDINS_PUSH_KEY", hide_env_values = true)]
    push_key: Option<String>,
    /// Where mail is handed in by SMTP; an address of this machine only. Left out, nowhere
    #[arg(long, env = "PALM_STANDINS_SMTP_BIND")]
    smtp_bind: Option<SocketAddr>,
    /// Where LiveKit's webhooks go, such as `http://127.0.0.1:8080/callbacks/livekit`; on this machine only
    #[arg(long, env = "PALM_STANDINS_LIVEKIT_WEBHOOK")]
    livekit_webhook: Option<String>,
}

/// One request as the platforms see it.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    /// Path and query as they were sent
    uri: &'a str,
    query: &'a HashMap<String, String>,
    headers: &'a actix_web::http::header::HeaderMap,
    body: &'a [u8],
}

impl Asked<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An answer as it travels: JSON, a refusal with its status, or a picture with nothing around it.
enum Reply {
    Json(Value),
    Refused(u16, Value),
    Picture(Vec<u8>),
    /// With what stands in its head
    Sealed(sealing::Sealed),
}

impl Reply {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Json(value) | Self::Refused(_, value) => value.to_string().into_bytes(),
            Self::Picture(bytes) => bytes,
            Self::Sealed(sealed) => sealed.body.into_bytes(),
        }
    }
}

/// A request that was answered, without its parameters: they hold codes, tokens and phones.
#[derive(Serialize)]
struct Call {
    at: DateTime<Utc>,
    method: String,
    path: String,
    sealed: bool,
    fault: Option<Kind>,
}

/// What the console of 电子签 would show of its callbacks.
const ESS_TOKEN: &str = "standin-ess-token";
const ESS_KEY: &str = "0123456789standinCALLBACKkey0123";

struct Platform {
    wechat: Wechat,
    sms: Sms,
    ess: Ess,
    meetings: Meetings,
    livekit: Livekit,
    /// Newest first
    mails: VecDeque<mail::Kept>,
    faults: Faults,
    calls: VecDeque<Call>,
    clock_ahead: TimeDelta,
    /// Where the verdicts on files are pushed to
    push_to: Option<push::Order>,
}

impl Platform {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.clock_ahead
    }

    fn begin(&mut self, asked: &Asked<'_>) -> Option<Switch> {
        // Tencent Cloud has one address; a switch may name the action alone, such as `/CreateFlowByFiles`.
        let action = Some(asked.header("x-tc-action")).filter(|action| !action.is_empty());
        let switch = action.and_then(|action| self.faults.take(&format!("/{action}")));
        let switch = switch.or_else(|| self.faults.take(asked.path));
        let fault = switch.as_ref().map(|switch| switch.kind);
        let (at, method, path) = (self.now(), asked.method.to_owned(), asked.path.to_owned());
        let sealed = !asked.header("wechatmp-signature").is_empty();
        keep(&mut self.calls, Call { at, method, path, sealed, fault });
        switch
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Option<Reply> {
        let now = self.now();
        if asked.path.starts_with("/v1/meetings") {
            return Some(self.meetings.answer(asked, now));
        }
        if asked.path.starts_with("/twirp/") {
            return Some(self.livekit.answer(asked, now));
        }
        match (asked.path, asked.header("x-tc-action")) {
            ("/", "SendSms" | "") => Some(Reply::Json(self.sms.answer(asked, now))),
            ("/", _) => Some(Reply::Json(self.ess.answer(asked, now))),
            _ => self.wechat.answer(asked, now),
        }
    }

    fn refusal(&mut self, asked: &Asked<'_>, switch: &Switch) -> Reply {
        let now = self.now();
        match asked.path {
            "/" => Reply::Json(self.sms.refusal(asked, switch, now)),
            path if path.starts_with("/v1/meetings") => Meetings::refusal(switch),
            path if path.starts_with("/twirp/") => Livekit::refusal(switch),
            _ => Reply::Json(self.wechat.refusal(switch)),
        }
    }
}

/// Newest first, the oldest dropped.
fn keep<T>(records: &mut VecDeque<T>, record: T) {
    records.push_front(record);
    records.truncate(KEPT_RECORDS);
}

type Shared = web::Data<Mutex<Platform>>;

fn locked(shared: &Shared) -> MutexGuard<'_, Platform> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn platform(
    request: HttpRequest,
    query: web::Query<HashMap<String, String>>,
    body: web::Bytes,
    shared: Shared,
) -> HttpResponse {
    let asked = Asked {
        method: request.method().as_str(),
        path: request.path(),
        uri: request.uri().path_and_query().map_or("", |whole| whole.as_str()),
        query: &query,
        headers: request.headers(),
        body: &body,
    };
    let switch = locked(&shared).begin(&asked);
    let Some(switch) = switch else { return plainly(answer(&shared, &asked)) };
    match switch.kind {
        Kind::Hang => {
            actix_web::rt::time::sleep(HANG).await;
            HttpResponse::GatewayTimeout().finish()
        }
        Kind::Reset => {
            close_by_reset(&request);
            broken_after(web::Bytes::new(), 1)
        }
        Kind::HalfBody => half_of(locked(&shared).answer(&asked)),
        Kind::Html => HttpResponse::Ok()
            .content_type(ContentType::html())
            .body("<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"),
        Kind::Duplicate => {
            let mut platform = locked(&shared);
            let _first = platform.answer(&asked);
            plainly(platform.answer(&asked))
        }
        Kind::Status | Kind::WrongNonce | Kind::WrongHash | Kind::Expired | Kind::Brief => {
            HttpResponse::InternalServerError().finish()
        }
        Kind::Huge => HttpResponse::Ok().body(vec![b'x'; HUGE]),
        Kind::Busy | Kind::BadToken | Kind::ExpiredToken | Kind::Quota | Kind::Error => {
            plainly(Some(locked(&shared).refusal(&asked, &switch)))
        }
        wrong @ (Kind::PlainAnswer
        | Kind::Unsigned
        | Kind::BadSignature
        | Kind::SwappedBody
        | Kind::OldStamp
        | Kind::OtherApp
        | Kind::OtherSerial
        | Kind::Rotated) => {
            locked(&shared).wechat.bend(wrong);
            plainly(answer(&shared, &asked))
        }
    }
}

/// The platform's answer; what it promises to do later has begun.
fn answer(shared: &Shared, asked: &Asked<'_>) -> Option<Reply> {
    let mut platform = locked(shared);
    let answer = platform.answer(asked)?;
    if let Some(check) = platform.wechat.promised() {
        actix_web::rt::spawn(judge_media(shared.clone(), check));
    }
    Some(answer)
}

/// Fetches the file, as the platform does, and pushes what was found.
async fn judge_media(shared: Shared, check: wechat::MediaCheck) {
    let (appid, now, push_to) = {
        let platform = locked(&shared);
        (platform.wechat.appid().to_owned(), platform.now(), platform.push_to.clone())
    };
    let Some(order) = push_to else { return };
    let fetched = push::fetch(&check.url).await;
    let wechat::Verdict { suggest, label, errcode, .. } = check.verdict;
    let errcode = if fetched { errcode } else { -1_008 };
    let result = json!({"suggest": suggest, "label": label});
    let message = json!({
        "ToUserName": "gh_standin", "FromUserName": "oStandinCheck", "CreateTime": now.timestamp(),
        "MsgType": "event", "Event": "wxa_media_check", "appid": appid, "trace_id": check.trace_id,
        "version": 2, "errcode": errcode, "errmsg": "ok", "result": result,
        "detail": [{"strategy": "content_model", "errcode": errcode, "suggest": suggest, "label": label, "prob": 90}],
    });
    if let Err(why) = push::send(&order.with(message), &appid, now).await {
        eprintln!("the verdict on a file was not taken: {why}");
    }
}

fn plainly(answer: Option<Reply>) -> HttpResponse {
    match answer {
        // WeChat has sent its JSON as text/plain.
        Some(Reply::Json(answer)) => {
            HttpResponse::Ok().content_type(ContentType::plaintext()).body(answer.to_string())
        }
        Some(Reply::Refused(status, refusal)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            HttpResponse::build(status).json(refusal)
        }
        Some(Reply::Picture(bytes)) => HttpResponse::Ok().content_type(ContentType::png()).body(bytes),
        Some(Reply::Sealed(sealed)) => {
            let mut answer = HttpResponse::Ok();
            for header in sealed.headers {
                answer.append_header(header);
            }
            answer.content_type(ContentType::json()).body(sealed.body)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

/// The request was carried out, the answer is promised whole and ends in the middle.
fn half_of(answer: Option<Reply>) -> HttpResponse {
    let whole = web::Bytes::from(answer.map(Reply::into_bytes).unwrap_or_default());
    broken_after(whole.slice(..whole.len() / 2), whole.len() as u64)
}

fn broken_after(part: web::Bytes, promised: u64) -> HttpResponse {
    let rest = stream::unfold(Some(part), |part| async move {
        match part {
            Some(part) if !part.is_empty() => Some((Ok(part), Some(web::Bytes::new()))),
            Some(_) => {
                // What came before must leave the buffer first.
                actix_web::rt::time::sleep(Duration::from_millis(20)).await;
                Some((Err(std::io::Error::other("a fault was asked for")), None))
            }
            None => None,
        }
    });
    HttpResponse::build(StatusCode::OK).body(SizedStream::new(promised, Box::pin(rest)))
}

/// The second handle of a connection, kept to be able to reset it.
struct Handle(TcpStream);

fn keep_handle(connection: &dyn Any, extensions: &mut Extensions) {
    let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(Ok(handle)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
        extensions.insert(Handle(handle.into()));
    }
}

/// Without lingering, closing sends RST instead of FIN.
fn close_by_reset(request: &HttpRequest) {
    let handle = request.conn_data::<Handle>().and_then(|handle| handle.0.try_clone().ok());
    let stream = handle.and_then(|handle| actix_web::rt::net::TcpStream::from_std(handle).ok());
    if let Some(Err(error)) = stream.map(|stream| stream.set_zero_linger()) {
        eprintln!("the connection will be closed without a reset: {error}");
    }
}

async fn list_faults(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).faults.list())
}

async fn add_fault(shared: Shared, switch: web::Json<Switch>) -> HttpResponse {
    let mut platform = locked(&shared);
    platform.faults.add(switch.into_inner());
    HttpResponse::Created().json(platform.faults.list())
}

async fn clear_faults(shared: Shared) -> HttpResponse {
    locked(&shared).faults.clear();
    HttpResponse::NoContent().finish()
}

async fn list_calls(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(&locked(&shared).calls)
}

async fn list_sms(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).sms.sent())
}

async fn list_mails(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(&locked(&shared).mails)
}

async fn list_messages(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).wechat.messages())
}

async fn list_openings(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).wechat.openings())
}

async fn issue_code(shared: Shared, wanted: web::Json<wechat::CodeWanted>) -> HttpResponse {
    let mut platform = locked(&shared);
    let now = platform.now();
    match platform.wechat.issue(wanted.into_inner(), now) {
        Some(code) => HttpResponse::Created().json(json!({ "code": code, "expires_in": 300 })),
        None => {
            HttpResponse::BadRequest().body("either login (letters, digits, _ and -) or phone (11 digits)")
        }
    }
}

#[derive(Deserialize)]
struct SuiteWanted {
    suite: sealing::Suite,
}

/// The console's API 安全: from now on every call that may be sealed must be.
async fn set_up_sealing(shared: Shared, wanted: web::Json<SuiteWanted>) -> HttpResponse {
    match locked(&shared).wechat.set_up_sealing(wanted.suite) {
        Some(download) => HttpResponse::Created().json(download),
        None => HttpResponse::InternalServerError().finish(),
    }
}

async fn tap_phone_button(shared: Shared, tap: web::Json<wechat::Tap>) -> HttpResponse {
    let platform = locked(&shared);
    match platform.wechat.tap(&tap, platform.now()) {
        Some(handed) => HttpResponse::Created().json(handed),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn add_template(shared: Shared, template: web::Json<wechat::NewTemplate>) -> HttpResponse {
    locked(&shared).wechat.add_template(template.into_inner());
    HttpResponse::NoContent().finish()
}

async fn accept_template(shared: Shared, accept: web::Json<wechat::Accept>) -> HttpResponse {
    locked(&shared).wechat.accept(accept.into_inner());
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: i32,
}

async fn advance_clock(shared: Shared, advance: web::Json<Advance>) -> HttpResponse {
    let mut platform = locked(&shared);
    platform.clock_ahead += TimeDelta::seconds(advance.advance_seconds.into());
    HttpResponse::Ok().json(json!({ "now": platform.now() }))
}

#[derive(Deserialize)]
struct PageQuery {
    lang: Option<String>,
}

async fn show_page(shared: Shared, query: web::Query<PageQuery>) -> HttpResponse {
    let platform = locked(&shared);
    let language = page::Language::of(query.lang.as_deref());
    let wechat = &platform.wechat;
    let html = page::render(
        language,
        platform.sms.sent(),
        wechat.messages(),
        wechat.openings(),
        &platform.mails,
        platform.faults.list(),
    );
    HttpResponse::Ok().content_type(ContentType::html()).body(html)
}

async fn stamp(request: HttpRequest, body: web::Bytes, shared: Shared, tsa: web::Data<Tsa>) -> HttpResponse {
    let query = HashMap::new();
    let asked = Asked {
        method: "POST",
        path: request.path(),
        uri: request.path(),
        query: &query,
        headers: request.headers(),
        body: &body,
    };
    let fault = locked(&shared).begin(&asked).map(|switch| switch.kind);
    match fault {
        Some(Kind::Hang) => {
            actix_web::rt::time::sleep(HANG).await;
            return HttpResponse::GatewayTimeout().finish();
        }
        Some(Kind::Html) => {
            return HttpResponse::Ok()
                .content_type(ContentType::html())
                .body("<html><body>welcome</body></html>");
        }
        Some(Kind::Huge) => return HttpResponse::Ok().body(vec![b'x'; HUGE]),
        None | Some(Kind::WrongNonce | Kind::WrongHash | Kind::Expired | Kind::Brief) => {}
        Some(_) => return HttpResponse::InternalServerError().finish(),
    }
    let host = host(&request);
    let made = web::block(move || tsa.answer(&host, &body, fault)).await;
    match made {
        Ok(Ok(reply)) => HttpResponse::Ok().content_type("application/timestamp-reply").body(reply),
        other => HttpResponse::ServiceUnavailable().body(format!("{other:?}")),
    }
}

async fn move_flow(shared: Shared, step: web::Json<ess::Move>) -> HttpResponse {
    match locked(&shared).ess.make(&step) {
        Ok(callback) => HttpResponse::Created().json(callback),
        Err(Hindrance::NoFlow) => HttpResponse::NotFound().finish(),
        Err(Hindrance::NotNow) => HttpResponse::Conflict().finish(),
    }
}

async fn list_flows(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).ess.open())
}

async fn list_meetings(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).meetings.all())
}

/// What people do in a meeting.
#[derive(Deserialize)]
struct MeetingAct {
    meeting_id: String,
    act: String,
}

async fn act_in_meeting(shared: Shared, step: web::Json<MeetingAct>) -> HttpResponse {
    if locked(&shared).meetings.make(&step.meeting_id, &step.act) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

async fn send_webhook(shared: Shared, order: web::Json<meeting::Webhook>) -> HttpResponse {
    let now = locked(&shared).now();
    match meeting::send(&order, now).await {
        Ok(told) => HttpResponse::Ok().json(told),
        Err(why) => HttpResponse::BadRequest().body(why),
    }
}

async fn list_livekit_rooms(shared: Shared) -> HttpResponse {
    HttpResponse::Ok().json(locked(&shared).livekit.all())
}

/// The server starts anew: it has forgotten its rooms.
async fn forget_livekit_rooms(shared: Shared) -> HttpResponse {
    locked(&shared).livekit.forget();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct WebhookAddress {
    url: String,
}

async fn set_livekit_webhook(shared: Shared, address: web::Json<WebhookAddress>) -> HttpResponse {
    locked(&shared).livekit.tell(address.into_inner().url);
    HttpResponse::NoContent().finish()
}

/// A pass as a meeting page has it in its query.
#[derive(Deserialize)]
struct LivekitPass {
    token: String,
}

/// Who came in; the webhook about it has been sent.
async fn join_livekit(shared: &Shared, token: &str) -> Result<Value, (&'static str, u16, &'static str)> {
    let (joined, now) = {
        let mut platform = locked(shared);
        let now = platform.now();
        (platform.livekit.join(token, now), now)
    };
    let (seen, due) = joined?;
    tell_livekit(due, now).await;
    Ok(seen)
}

async fn tell_livekit(due: Option<livekit::Due>, now: DateTime<Utc>) {
    let Some(due) = due else { return };
    if let Err(why) = livekit::send(&due.into(), now).await {
        eprintln!("a webhook of LiveKit's was not taken: {why}");
    }
}

async fn enter_livekit(shared: Shared, pass: web::Json<LivekitPass>) -> HttpResponse {
    match join_livekit(&shared, &pass.token).await {
        Ok(seen) => HttpResponse::Created().json(seen),
        Err((code, status, said)) => {
            plainly(Some(Reply::Refused(status, json!({"code": code, "msg": said}))))
        }
    }
}

async fn show_livekit_page(shared: Shared, pass: web::Query<LivekitPass>) -> HttpResponse {
    let joined = join_livekit(&shared, &pass.token).await;
    HttpResponse::Ok().content_type(ContentType::html()).body(livekit::page(&joined))
}

/// Who closes the window of which room.
#[derive(Deserialize)]
struct LivekitSeat {
    room: String,
    identity: String,
}

async fn leave_livekit(shared: Shared, seat: web::Json<LivekitSeat>) -> HttpResponse {
    let (due, now) = {
        let mut platform = locked(&shared);
        let now = platform.now();
        (platform.livekit.leave(&seat.room, &seat.identity, now), now)
    };
    tell_livekit(due, now).await;
    HttpResponse::NoContent().finish()
}

async fn send_livekit_webhook(shared: Shared, order: web::Json<livekit::Order>) -> HttpResponse {
    let now = locked(&shared).now();
    match livekit::send(&order, now).await {
        Ok(answers) => HttpResponse::Ok().json(answers),
        Err(why) => HttpResponse::BadRequest().body(why),
    }
}

async fn enter_trtc(shared: Shared, entry: web::Json<trtc::Entry>) -> HttpResponse {
    let now = locked(&shared).now();
    match trtc::enter(&entry, now) {
        Ok(may) => HttpResponse::Ok().json(may),
        Err(code) => HttpResponse::Forbidden().json(json!({ "code": code })),
    }
}

async fn send_trtc_callback(shared: Shared, order: web::Json<trtc::Order>) -> HttpResponse {
    let now = locked(&shared).now();
    match trtc::send(&order, now).await {
        Ok(answers) => HttpResponse::Ok().json(answers),
        Err(why) => HttpResponse::BadRequest().body(why),
    }
}

/// Someone opens the mini-program.
#[derive(Deserialize)]
struct Visit {
    openid: String,
}

async fn see_person(shared: Shared, visit: web::Json<Visit>) -> HttpResponse {
    let mut platform = locked(&shared);
    let now = platform.now();
    platform.wechat.see(visit.into_inner().openid, now);
    HttpResponse::NoContent().finish()
}

async fn end_face_check(shared: Shared, outcome: web::Json<face::Outcome>) -> HttpResponse {
    if locked(&shared).wechat.faces.end(&outcome) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

async fn set_verdict(shared: Shared, verdict: web::Json<wechat::Verdict>) -> HttpResponse {
    locked(&shared).wechat.set_verdict(verdict.into_inner());
    HttpResponse::NoContent().finish()
}

async fn set_push_address(shared: Shared, order: web::Json<push::Order>) -> HttpResponse {
    locked(&shared).push_to = Some(order.into_inner());
    HttpResponse::NoContent().finish()
}

/// Pushes in WeChat's name to an address of this machine.
async fn send_push(shared: Shared, order: web::Json<push::Order>) -> HttpResponse {
    let (appid, now) = {
        let platform = locked(&shared);
        (platform.wechat.appid().to_owned(), platform.now())
    };
    match push::send(&order, &appid, now).await {
        Ok(told) => HttpResponse::Ok().json(told),
        Err(why) => HttpResponse::BadRequest().body(why),
    }
}

/// The file with the service's signature behind it; by a switch on `/ess/files` without it, bent, or another flow's.
async fn show_signed_file(shared: Shared, flow: web::Path<String>, pen: web::Data<Pen>) -> HttpResponse {
    let (file, fault) = {
        let mut platform = locked(&shared);
        let fault = platform.faults.take("/ess/files").map(|switch| switch.kind);
        let file = match fault {
            Some(Kind::SwappedBody) => platform.ess.file_of_another(&flow),
            _ => platform.ess.file(&flow),
        };
        (file.map(<[u8]>::to_vec), fault)
    };
    let Some(file) = file else { return HttpResponse::NotFound().finish() };
    if fault == Some(Kind::Unsigned) {
        return HttpResponse::Ok().content_type("application/pdf").body(file);
    }
    match web::block(move || pen.sign(&file)).await {
        Ok(Ok(mut signed)) => {
            if fault == Some(Kind::BadSignature) {
                pen::bend(&mut signed);
            }
            HttpResponse::Ok().content_type("application/pdf").body(signed)
        }
        other => HttpResponse::ServiceUnavailable().body(format!("{:?}", other.map(|made| made.map(|_| ())))),
    }
}

fn host(request: &HttpRequest) -> String {
    request.connection_info().host().to_owned()
}

async fn show_stamp_root(request: HttpRequest, tsa: web::Data<Tsa>) -> HttpResponse {
    let host = host(&request);
    match web::block(move || tsa.root(&host)).await {
        Ok(Ok(pem)) => HttpResponse::Ok().content_type("application/x-pem-file").body(pem),
        other => HttpResponse::ServiceUnavailable().body(format!("{other:?}")),
    }
}

/// What the time-stamp authority's root has revoked: nothing so far.
async fn show_stamp_list(request: HttpRequest, shared: Shared, tsa: web::Data<Tsa>) -> HttpResponse {
    let query = HashMap::new();
    let asked = Asked {
        method: "GET",
        path: request.path(),
        uri: request.path(),
        query: &query,
        headers: request.headers(),
        body: b"",
    };
    if locked(&shared).begin(&asked).is_some() {
        return HttpResponse::InternalServerError().finish();
    }
    let host = host(&request);
    match web::block(move || tsa.list(&host)).await {
        Ok(Ok(list)) => HttpResponse::Ok().content_type("application/pkix-crl").body(list),
        other => HttpResponse::ServiceUnavailable().body(format!("{other:?}")),
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(Resource::new("/faults").get(list_faults).post(add_fault).delete(clear_faults))
        .service(Resource::new("/calls").get(list_calls))
        .service(Resource::new("/sms").get(list_sms))
        .service(Resource::new("/mails").get(list_mails))
        .service(Resource::new("/messages").get(list_messages))
        .service(Resource::new("/openings").get(list_openings))
        .service(Resource::new("/codes").post(issue_code))
        .service(Resource::new("/api-keys").post(set_up_sealing))
        .service(Resource::new("/phone-taps").post(tap_phone_button))
        .service(Resource::new("/templates").post(add_template))
        .service(Resource::new("/accepts").post(accept_template))
        .service(Resource::new("/pushes").post(send_push))
        .service(Resource::new("/push-address").post(set_push_address))
        .service(Resource::new("/visits").post(see_person))
        .service(Resource::new("/face-outcomes").post(end_face_check))
        .service(Resource::new("/verdicts").post(set_verdict))
        .service(Resource::new("/meetings").get(list_meetings))
        .service(Resource::new("/meetings/acts").post(act_in_meeting))
        .service(Resource::new("/meetings/webhooks").post(send_webhook))
        .service(Resource::new("/livekit/rooms").get(list_livekit_rooms).delete(forget_livekit_rooms))
        .service(Resource::new("/livekit/webhook-address").post(set_livekit_webhook))
        .service(Resource::new("/livekit/joins").post(enter_livekit))
        .service(Resource::new("/livekit/leaves").post(leave_livekit))
        .service(Resource::new("/livekit/webhooks").post(send_livekit_webhook))
        .service(Resource::new("/livekit/page").get(show_livekit_page))
        .service(Resource::new("/trtc/entries").post(enter_trtc))
        .service(Resource::new("/trtc/callbacks").post(send_trtc_callback))
        .service(Resource::new("/ess/flows").get(list_flows))
        .service(Resource::new("/ess/moves").post(move_flow))
        .service(Resource::new("/ess/files/{flow}").get(show_signed_file))
        .service(Resource::new("/tsa").post(stamp))
        .service(Resource::new("/tsa/root.pem").get(show_stamp_root))
        .service(Resource::new("/tsa/root.crl").get(show_stamp_list))
        .service(Resource::new("/clock").post(advance_clock))
        .service(Resource::new("/").get(show_page).post(platform))
        .default_service(web::to(platform));
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    if !args.bind.ip().is_loopback() || args.smtp_bind.is_some_and(|at| !at.ip().is_loopback()) {
        return Err(std::io::Error::other(
            "the stand-in listens on this machine only, such as 127.0.0.1:8089",
        ));
    }
    let signer = Signer { secret_id: args.sms_secret_id, secret_key: args.sms_secret_key };
    let shared = web::Data::from(Arc::new(Mutex::new(Platform {
        wechat: Wechat::new(args.appid, args.secret),
        sms: Sms::new(signer.clone(), args.sms_app_id),
        meetings: Meetings::new("standin-meeting-id".to_owned(), "standin-meeting-key".to_owned()),
        livekit: Livekit::new(args.livekit_webhook),
        ess: Ess::new(signer, ESS_TOKEN.to_owned(), ESS_KEY.to_owned()),
        mails: VecDeque::new(),
        faults: Faults::default(),
        calls: VecDeque::new(),
        clock_ahead: TimeDelta::zero(),
        push_to: args
            .push_url
            .zip(args.push_token)
            .map(|(url, token)| push::Order::to(url, token, args.push_key)),
    })));
    if let Some(bind) = args.smtp_bind {
        println!("mail on {}", mail::listen(bind, shared.clone()).await?);
    }
    let tsa = web::Data::new(Tsa::new());
    let pen = web::Data::new(Pen::new());
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .app_data(tsa.clone())
            .app_data(pen.clone())
            .wrap(DefaultHeaders::new().add(("X-Standin", "1")))
            .configure(routes)
    };
    let server =
        HttpServer::new(app).workers(2).shutdown_timeout(1).on_connect(keep_handle).bind(args.bind)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
